/** The pictures of an article in its editor: the browser asks for them by a link, which has its own token. */
import type { JSONContent, Node } from "@tiptap/core";
import { Image } from "@tiptap/extension-image";
import { NodeSelection, Plugin, TextSelection } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";
import type { Gateway, Media } from "../api/gateway";

const PICTURE = /^\/api\/videos\/([^/]+)\/images\//;

/** Return what turns the addresses of a document's pictures into ones that the browser can load. */
export async function pictures(api: Gateway, document: JSONContent): Promise<(src: string) => string> {
  const tokens = new Map<string, string>();
  const ask = async (video: string): Promise<void> => {
    // Without its pictures a text can still be edited.
    const media = await api.get<Media>(`/api/videos/${video}/media`).catch(() => null);
    if (media) tokens.set(video, media.token);
  };
  await Promise.all([...videos(document)].map(ask));
  return (src) => {
    const video = PICTURE.exec(src)?.[1];
    return video === undefined ? src : `${api.url(src)}?token=${encodeURIComponent(tokens.get(video) ?? "")}`;
  };
}

/** Return the address that a document keeps of a picture: a link's token is nobody's to find in a text. */
function kept(api: Gateway, src: string): string {
  const site = api.url("/");
  if (!URL.canParse(src, site)) return src;
  const { origin, pathname } = new URL(src, site);
  if (!PICTURE.test(pathname)) return src;
  return origin === new URL(site).origin ? pathname : origin + pathname;
}

/** The videos that a document's pictures are of. */
function videos(node: JSONContent): Set<string> {
  const own = PICTURE.exec(String(node.attrs?.["src"] ?? ""))?.[1];
  return new Set([...(own ? [own] : []), ...(node.content ?? []).flatMap((child) => [...videos(child)])]);
}

/** An article's picture in the editor, with its address as `image` makes it. */
export function picture(api: Gateway, image: (src: string) => string): Node {
  return Image.extend({
    // The document keeps its own address; only what is shown has the token, and what is copied of it.
    addAttributes() {
      const own = (element: HTMLElement): string => kept(api, element.dataset["src"] ?? element.getAttribute("src") ?? "");
      return { ...this.parent?.(), src: { default: null, parseHTML: own } };
    },
    renderHTML: ({ HTMLAttributes: attributes }) => ["img", { ...attributes, src: image(String(attributes["src"])), "data-src": attributes["src"] }],
    addProseMirrorPlugins: () => [new Plugin({ props: { handleTextInput: writeBelow } })],
  });
}

/** What is typed where a picture is selected goes below it: nothing could bring the picture back. */
function writeBelow(view: EditorView, _from: number, _to: number, text: string): boolean {
  const { selection, schema, tr } = view.state;
  const paragraph = schema.nodes["paragraph"];
  if (!(selection instanceof NodeSelection) || selection.node.type.name !== "image" || !paragraph) return false;
  tr.insert(selection.to, paragraph.create(null, schema.text(text)));
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, selection.to + 1 + text.length)).scrollIntoView());
  return true;
}
