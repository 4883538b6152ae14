/** The editors, which are large: loaded once one stands in the document, from the start or later. */
const LARGE: Record<string, () => Promise<unknown>> = {
  "docreel-article-editor": () => import("./article-editor"),
  "docreel-subtitle-editor": () => import("./subtitle-editor"),
};

const waiting = new Set(Object.keys(LARGE));
const watch = new MutationObserver(look);
watch.observe(document, { childList: true, subtree: true });
look();

function look(): void {
  for (const tag of waiting) {
    if (document.querySelector(tag) === null) continue;
    waiting.delete(tag);
    // Where the network fails, the next change of the document tries again.
    LARGE[tag]?.().catch(() => waiting.add(tag));
  }
}
