/** The pictures of an article that is shown by itself: the browser asks for them by a link, which has its own token. */
import type { JSONContent } from "@tiptap/core";
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
export function kept(api: Gateway, src: string): string {
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
