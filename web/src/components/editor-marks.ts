/** What needs a look in an article that is edited: marks beside its blocks, and the stale ones listed. */
import { Extension, type JSONContent } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { t } from "../texts/locale";

/** A block whose source has changed; `asked` is one that the next job translates again. */
export interface Stale {
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
                unsure((segmentIds ?? []) as string[]) ? t("unsure") : "",
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

/** The stale blocks of a document, in order. */
export function stales(document: JSONContent): Stale[] {
  const found: Stale[] = [];
  visit(document, (node) => {
    const { stale, source, blockId } = node.attrs ?? {};
    if (stale && blockId) found.push({ id: String(blockId), text: plain(node), asked: (source ?? null) === null });
  });
  return found;
}

/** The text of the block of this id, or an empty one. */
export function textOf(document: JSONContent, id: string): string {
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
