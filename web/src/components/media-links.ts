/** Links to a video's film, pictures and tracks, which work without a header, and for a while. */
import type { Gateway, Media } from "../api/gateway";

const SOON = 600_000; // milliseconds before its end at which a link is replaced

export class MediaLinks {
  private constructor(
    private readonly api: Gateway,
    private readonly video: string,
    private readonly media: Media,
  ) {}

  /** Ask for links, unless some that are known work for a while yet: a new one would begin the film anew. */
  static async read(api: Gateway, video: string, known: MediaLinks | null): Promise<MediaLinks> {
    if (known?.video === video && known.lasts) return known;
    return new MediaLinks(api, video, await api.get<Media>(`/api/videos/${video}/media`));
  }

  /** The film. */
  get film(): string {
    return this.api.url(this.media.file_url);
  }

  /** What lies at a path below the video's own, such as `chapters.vtt`; another `version` is read anew. */
  track(path: string, version: number): string {
    return `${this.linked(`/api/videos/${this.video}/${path}`)}&as=${version}`;
  }

  /** A picture's address in an article, as one that the browser can load. */
  image(src: string): string {
    return src.startsWith("/api/") ? this.linked(src.replace(/\?.*/, "")) : src;
  }

  private linked(path: string): string {
    return `${this.api.url(path)}?token=${encodeURIComponent(this.media.token)}`;
  }

  private get lasts(): boolean {
    return Date.parse(this.media.expires_at) - Date.now() > SOON;
  }
}
