/** What needs a look in an article that is edited: marks beside its blocks, and the stale ones listed. */
import { Extension, type JSONContent } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { html, nothing, type TemplateResult } from "lit";
import type { Article } from "../api/gateway";
import { t } from "../texts/locale";

export type Decision = "current" | "again";

/** A block whose source has changed; `asked` is one that the next job translates again. */
interface Stale {
  id: string;
  text: string;
  asked: boolean;
}

/** Marks blocks that are outdated, unsupported, or rest on what was heard badly. */
export function marks(unsure: (segments: string[]) => boolean): Extension {
  return Extension.create({
    name: "marks",
    addProseMirrorPlugins: () => [
      new Plugin({
        props: {
          decorations: ({ doc }) => {
            const found: Decoration[] = [];
            doc.descendants((node, at) => {
              if (!node.isTextblock && node.type.name !== "image") return;
              const { stale, unsupported, segmentIds } = node.attrs;
              const told = [
                stale ? t("stale") : "",
                unsupported ? t("unsupported") : "",
                node.isTextblock && unsure((segmentIds ?? []) as string[]) ? t("unsure") : "",
              ].filter(Boolean);
              if (told.length) found.push(Decoration.node(at, at + node.nodeSize, { class: "look", "data-look": told.join(" · ") }));
            });
            return DecorationSet.create(doc, found);
          },
        },
      }),
    ],
  });
}

/** Blocks that a person wrote and whose source has changed since, to be decided on. */
export function outdated(
  document: JSONContent,
  source: Article | null,
  language: string,
  able: boolean,
  decide: (id: string, decision: Decision) => void,
): TemplateResult | typeof nothing {
  const found = stales(document);
  if (found.length === 0) return nothing;
  const button = (one: Stale, name: string, decision: Decision) =>
    html`<button ?disabled=${!able} aria-label="${name}: ${one.text}" @click=${() => decide(one.id, decision)}>${name}</button>`;
  const line = (one: Stale) => {
    const now = source ? textOf(source.content_json as JSONContent, one.id) : "";
    return html`<li>
      <p lang=${language} dir="auto">${one.text}</p>
      ${now ? html`<p class="small" lang=${source?.language ?? nothing} dir="auto">${t("stale_source", { text: now })}</p>` : nothing}
      <div class="row">
        ${button(one, t("stale_current"), "current")}
        ${one.asked ? html`<span class="small">${t("stale_asked")}</span>` : button(one, t("stale_again"), "again")}
      </div>
    </li>`;
  };
  return html`<section class="note warn stale" aria-label=${t("stale_blocks", { n: found.length })} data-stale=${found.length}>
    <strong>${t("stale_blocks", { n: found.length })}</strong>
    <ul class="plain">
      ${found.map(line)}
    </ul>
  </section>`;
}

/** The stale blocks of a document, in order. */
function stales(document: JSONContent): Stale[] {
  const found: Stale[] = [];
  visit(document, (node) => {
    const { stale, source, blockId } = node.attrs ?? {};
    if (stale && blockId) found.push({ id: String(blockId), text: plain(node), asked: (source ?? null) === null });
  });
  return found;
}

/** The text of the block of this id, or an empty one. */
function textOf(document: JSONContent, id: string): string {
  let found = "";
  visit(document, (node) => {
    if (!found && node.attrs?.["blockId"] === id) found = plain(node);
  });
  return found;
}

/** The attributes of each block, by its id. */
export function attributes(document: JSONContent): Map<string, Record<string, unknown>> {
  const found = new Map<string, Record<string, unknown>>();
  visit(document, (node) => {
    if (node.attrs?.["blockId"]) found.set(String(node.attrs["blockId"]), node.attrs);
  });
  return found;
}

function visit(node: JSONContent, take: (node: JSONContent) => void): void {
  take(node);
  node.content?.forEach((child) => visit(child, take));
}

function plain(node: JSONContent): string {
  return node.text ?? (node.content ?? []).map(plain).join("");
}
