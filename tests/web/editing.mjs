// Walks in which somebody edits what another tab, or a machine, changes as well.
import assert from "node:assert/strict";
import { accessible, ask, status } from "./browser.mjs";

/** Let the machine write an article anew that a person has in review; open what it says. */
async function newer(page) {
  const { video } = await ask("newer article");
  const articles = await (await page.request.get(`/api/videos/${video}/articles`)).json();
  const article = articles.find((one) => one.proposal);
  const said = JSON.stringify(article.proposal.content_json).match(/The machine says this now, \d+\./)[0];
  await page.goto(`/videos/${video}`);
  assert.equal(await page.getByText(said).isVisible(), false);
  await page.getByText("There is a newer text by the machine").click();
  await page.locator("[data-proposal]").getByText(said).waitFor();
  assert.equal(await page.locator("[data-proposal]").count(), 1);
  return { article, said };
}

export const editing = {
  /** Of two tabs that edit one article, the second is told, and neither text is lost unasked. */
  async tabs(page, context) {
    const { video } = await ask("processed video");
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.goto(`/videos/${video}`);
      await tab.getByRole("button", { name: /^Edit: / }).first().click();
      await tab.getByRole("textbox", { name: "Text of the article" }).click();
    }
    await page.keyboard.type("First tab. ");
    await page.locator("[data-saving=saved]").waitFor();
    await other.keyboard.type("Second tab. ");
    await other.locator("[data-saving=conflict]").waitFor();
    await accessible(other, "a conflict");
    await other.getByRole("button", { name: "Show theirs, drop mine" }).click();
    await other.getByText("First tab.").waitFor();
    await other.getByRole("textbox", { name: "Text of the article" }).click();
    await other.keyboard.type("Second tab. ");
    await other.locator("[data-saving=saved]").waitFor();
  },

  /** Of two cues that the machine heard differently one is taken and saved; the rest is dismissed. */
  async heard(page) {
    const { video } = await ask("heard again");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-edit=subtitles]").click();
    await page.getByText("Cues that the machine heard differently since: 2").click();
    await accessible(page, "cues heard differently");
    await page.getByRole("button", { name: /^Take 0:0/ }).first().click();
    assert.equal(await page.getByRole("textbox", { name: /^Text at/ }).first().inputValue(), "Heard 0.");
    await page.getByText("Cues that the machine heard differently since: 1").waitFor();
    assert.ok(await page.getByRole("button", { name: "Keep these" }).isDisabled());
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.locator("docreel-subtitle-editor [role=status]", { hasText: /^Saved$/ }).waitFor();
    await page.getByRole("button", { name: "Keep these" }).click();
    await page.locator("docreel-subtitle-proposal [data-proposal]").waitFor({ state: "detached" });
    const track = await (await page.request.get(`/api/videos/${video}/subtitles/en`)).json();
    assert.equal(track.proposal, null);
    assert.equal(track.cues[0].text, "Heard 0.");
    assert.notEqual(track.cues[1].text, "Heard 1.");
  },

  /** What rests on a segment that was heard badly is marked where it is read, translated and edited. */
  async unsure(page) {
    const { video } = await ask("unsure segment");
    const api = async (path) => (await page.request.get(`/api/videos/${video}/${path}`)).json();
    const [segment] = (await api("segments")).filter((one) => one.confidence < 0.5);
    const articles = await api("articles");
    const resting = (node) => (node.attrs?.segmentIds?.includes(segment.id) && node.content?.some((one) => one.text) ? [node] : (node.content ?? []).flatMap(resting));
    await page.goto(`/videos/${video}`);
    for (const language of ["en", "es"]) {
      await page.locator("[data-control=language]").selectOption(language);
      const expected = articles
        .filter((one) => one.language === language)
        .flatMap((one) => resting(one.content_json))
        .map((one) => one.content.map((part) => part.text ?? "").join(""));
      assert(expected.length > 0, `nothing rests on it in ${language}`);
      const marks = page.locator(`article[lang=${language}] .mark`, { hasText: /^Check$/ });
      await marks.first().waitFor();
      const marked = await marks.evaluateAll((all) => all.map((one) => one.parentElement.textContent));
      assert.equal(marked.length, expected.length);
      expected.forEach((text, n) => assert(marked[n].includes(text), `${marked[n]} is marked, not ${text}`));
    }
    await accessible(page, "blocks to check");
    await page.locator("[data-control=language]").selectOption("en");
    const source = articles.find((one) => one.language === "en" && resting(one.content_json).length);
    await page.getByRole("button", { name: `Edit: ${source.title}` }).click();
    await page.locator(".tiptap .look").first().waitFor();
    const looks = await page.locator(".tiptap .look").evaluateAll((all) => all.map((one) => [one.dataset.look, one.textContent]));
    assert.deepEqual(looks, resting(source.content_json).map((one) => ["Check", one.content.map((part) => part.text ?? "").join("")]));
    await accessible(page, "blocks to check in the editor");
    await page.getByRole("button", { name: "Done" }).click();
    await page.locator("article[lang=en] .mark").first().waitFor();
  },

  /** What the machine wrote later is taken: it stands, and the old text is gone. */
  async proposed(page) {
    const { article, said } = await newer(page);
    const before = article.content_text.split("\n")[0];
    await accessible(page, "an article with a newer text");
    await page.getByRole("button", { name: "Take it instead of this one" }).click();
    await page.locator("[data-proposal]").waitFor({ state: "detached" });
    for (const reloaded of [false, true]) {
      if (reloaded) await page.reload();
      const shown = page.locator(`[data-article="${article.id}"]`);
      await shown.getByText(said).waitFor();
      await shown.getByRole("heading", { name: article.proposal.title, exact: true }).waitFor();
      assert.equal(await shown.getByText(before, { exact: true }).count(), 0, `${before} is still there`);
      assert.equal(await page.locator("[data-proposal]").count(), 0);
    }
    const stands = await (await page.request.get(`/api/articles/${article.id}`)).json();
    assert.deepEqual(stands.content_json, article.proposal.content_json);
    assert.equal(stands.proposal, null);
  },

  /** What the machine wrote later is dismissed: what a person wrote stands as it stood. */
  async dismissed(page) {
    const { article, said } = await newer(page);
    await page.getByRole("button", { name: "Keep this one" }).press("Enter");
    await page.locator("[data-proposal]").waitFor({ state: "detached" });
    // The button is gone, and its article has the focus.
    const focused = await page.evaluate(() => {
      let one = document.activeElement;
      while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
      return one?.dataset.article;
    });
    assert.equal(focused, article.id, "the focus is lost");
    await page.reload();
    await page.locator(`[data-article="${article.id}"]`).getByRole("heading", { name: article.title, exact: true }).waitFor();
    assert.equal(await page.getByText(said).count(), 0);
    assert.equal(await page.locator("[data-proposal]").count(), 0);
    const stands = await (await page.request.get(`/api/articles/${article.id}`)).json();
    assert.deepEqual([stands.title, stands.content_json, stands.proposal], [article.title, article.content_json, null]);
  },

  /** An original is edited: its translation shows that it is behind, and a job brings what changed. */
  async behind(page) {
    const { video } = await ask("uploaded video");
    const started = await page.request.post("/api/videos/process", { data: { videoId: video, languages: ["es"] } });
    await page.goto(`/jobs/${(await started.json()).jobId}`);
    await status(page, "completed");
    const api = async () => (await page.request.get(`/api/videos/${video}/articles`)).json();
    const counts = async () => Object.fromEntries((await api()).filter((one) => one.chapter_order === 0).map((one) => [one.language, one.behind]));
    assert.deepEqual(await counts(), { en: 0, es: 0 });

    await page.goto(`/videos/${video}`);
    const again = page.locator("[data-again]");
    const behind = page.locator("[data-behind]");
    await page.getByRole("button", { name: /^Edit: / }).first().click();
    const text = page.getByRole("textbox", { name: "Text of the article" });
    // Of its steps one is changed, the last is taken out, and a paragraph stands behind them.
    const steps = text.locator("ol > li p");
    const last = await steps.count() - 1;
    const gone = (await steps.nth(last).textContent()).trim();
    await steps.nth(last - 1).click();
    await page.keyboard.press("End");
    await page.keyboard.press("Control+Shift+End");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.keyboard.type("The teacher opens the window.");
    await steps.first().click();
    await page.keyboard.press("End");
    await page.keyboard.type(" The printer prints the page.");
    await page.locator("[data-saving=saved]").waitFor();
    await page.getByRole("button", { name: "Done" }).click();

    // The language that is behind is named where the original is read, and the original has no sign.
    await again.getByText("Behind it: Spanish.").waitFor();
    assert.equal(await behind.count(), 0);
    assert.equal(await page.getByText(gone, { exact: true }).count(), 0);
    await page.locator("[data-control=language]").selectOption("es");
    await behind.getByText("3 parts of the original changed after this was translated.").waitFor();
    assert.equal(await behind.count(), 1);
    assert.deepEqual(await counts(), { en: 0, es: 3 });
    await accessible(page, "a translation that is behind");
    const before = await page.locator("article[lang=es]").first().innerText();
    await again.getByRole("button", { name: "Process again" }).click();
    await page.waitForURL(/\/jobs\//);
    await status(page, "completed");

    assert.deepEqual(await counts(), { en: 0, es: 0 });
    await page.goto(`/videos/${video}`);
    await page.locator("[data-control=language]").selectOption("es");
    const spanish = page.locator("article[lang=es]").first();
    await spanish.getByText(/impresora/).waitFor();
    await spanish.getByText(/profesor/).waitFor();
    assert.doesNotMatch(before, /impresora|profesor/);
    assert.equal(await behind.count(), 0);
    assert.equal(await again.count(), 0);
  },

  /** Of two blocks that their source left behind, one is still right, the other is translated again. */
  async stale(page) {
    const { video } = await ask("processed video");
    await ask("stale blocks");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-control=language]").selectOption("es");
    const outdated = page.locator("article[lang=es] .mark", { hasText: "Outdated" });
    await outdated.first().waitFor();
    assert.equal(await outdated.count(), 2);
    await page.getByRole("button", { name: /^Edit: / }).first().click();
    await page.locator("[data-stale='2']").waitFor();
    await page.getByText(/^The original now says: \S/).first().waitFor();
    assert.equal(await page.locator(".tiptap .look").count(), 2);
    await accessible(page, "outdated blocks");
    await page.getByRole("button", { name: "It is still right: A mano 1." }).click();
    await page.locator("[data-stale='1']").waitFor();
    await page.getByRole("button", { name: "Translate it again: A mano 0." }).click();
    await page.getByText("Will be translated again by the next processing").waitFor();
    // What is decided is no edit of the text, and the text is not lost by it.
    await page.getByRole("textbox", { name: "Text of the article" }).click();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Y algo más.");
    await page.locator("[data-saving=saved]").waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.locator("[data-again]").getByRole("button", { name: "Process again" }).click();
    await page.waitForURL(/\/jobs\//);
    await status(page, "completed");
    await page.goto(`/videos/${video}`);
    await page.locator("[data-control=language]").selectOption("es");
    await page.getByText("A mano 1.").waitFor();
    await page.getByText("Y algo más.").waitFor();
    assert.equal(await outdated.count(), 0);
    assert.equal(await page.getByText("A mano 0.").count(), 0);
  },
};
