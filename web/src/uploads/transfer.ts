/** One file on its way: sent in pieces by tus, paused, gone on with, and then processed. */
import { Upload as TusUpload } from "tus-js-client";
import type { Gateway, Schemas } from "../api/gateway";
import { Claim } from "./claim";
import { isForGood, isMissing, reason } from "./refusals";
import { forget, forgetFile, type Kept, keptOne, renew } from "./shelf";
import { Speed } from "./speed";

export type Phase =
  | "waiting" // for the ones before it
  | "preparing" // asks what other tabs and the gateway have of it
  | "sending"
  | "paused"
  | "lost" // its file has to be chosen again
  | "elsewhere" // another tab sends it; once that is closed, this one
  | "starting" // all bytes are there
  | "started"
  | "failed" // for now
  | "refused" // for good
  | "discarding"
  | "discarded";

const AT_REST: Phase[] = ["waiting", "paused", "lost", "failed"];
const AGAIN = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000]; // milliseconds before each attempt
const SETTLING = 500; // milliseconds

export class Transfer extends EventTarget {
  phase: Phase;
  sent: number; // bytes
  error: string;
  jobId: string | null = null;
  readonly speed = new Speed();
  private readonly claim: Claim;
  private tus: TusUpload | null = null;
  private turn = 0; // what an earlier one still awaits does not count any more

  constructor(
    private readonly api: Gateway,
    readonly kept: Kept,
    public file: File | null,
  ) {
    super();
    this.claim = new Claim(`docreel-upload-${kept.videoId}`);
    this.sent = kept.sent;
    this.error = kept.refusal;
    this.phase = kept.refusal ? "refused" : kept.paused && file !== null ? "paused" : "waiting";
  }

  /** Create a video for a file, with a subtitle file beside it; where that is refused, neither is there. */
  static async create(
    api: Gateway,
    file: File,
    wish: { user: string; projectId: string; title: string; languages: string[] },
    subtitles: File | null = null,
  ): Promise<Transfer> {
    const video = await api.post<Schemas["CreatedVideo"]>("/api/videos", {
      filename: file.name,
      size_bytes: file.size,
      title: wish.title,
      project_id: wish.projectId,
    });
    if (subtitles) {
      try {
        await api.give(video.id, subtitles);
      } catch (error) {
        await api.ask(`/api/videos/${video.id}`, { method: "DELETE" }).catch(() => undefined);
        throw error;
      }
    }
    const kept: Kept = {
      ...wish,
      videoId: video.id,
      gateway: api.base,
      filename: file.name,
      size: file.size,
      modified: file.lastModified,
      url: null,
      key: crypto.randomUUID(),
      sent: 0,
      paused: false,
      refusal: "",
    };
    return new Transfer(api, kept, file);
  }

  /** Seconds until all is sent at this speed; null where that cannot be told yet. */
  get left(): number | null {
    const speed = this.speed.current;
    return speed > 0 ? (this.kept.size - this.sent) / speed : null;
  }

  /** Tell whether a file is the one that this upload began with. */
  fits(file: File): boolean {
    return file.size === this.kept.size && file.name === this.kept.filename;
  }

  /** Begin, or go on from where the gateway has the bytes; what goes on already is left alone. */
  async start(): Promise<void> {
    if (!AT_REST.includes(this.phase)) return;
    const turn = this.begin("preparing");
    const mine = await this.claim.take();
    if (turn !== this.turn) return;
    if (mine) await this.goOn(turn, { paused: false });
    else await this.takeOver();
  }

  pause(): void {
    void this.tus?.abort();
    this.note({ paused: true });
    this.rest("paused");
  }

  /** End it, and delete its video; where that is refused it stays, and says why. */
  async discard(): Promise<void> {
    this.begin("discarding");
    await this.tus?.abort();
    if (!(await this.claim.take())) return this.takeOver();
    try {
      // Where another tab is done with it, the video is not this upload's any more.
      if (keptOne(this.kept.videoId)) await this.erase();
      await forget(this.kept.videoId);
      this.rest("discarded");
    } catch (error) {
      this.error = (await reason(error as Error)).message;
      this.rest(this.kept.refusal ? "refused" : "failed");
    }
  }

  /** Show how far another tab is that sends it. */
  follow(): void {
    if (this.phase !== "elsewhere") return;
    this.sent = keptOne(this.kept.videoId)?.sent ?? this.sent;
    this.changed();
  }

  /** Wait until the tab that sends it is closed or done, and go on from there. */
  private async takeOver(): Promise<void> {
    this.enter("elsewhere");
    this.follow();
    await this.claim.wait();
    // What a tab has kept is seen in another one a moment later, and the lock may be given before.
    await new Promise((resolve) => setTimeout(resolve, SETTLING));
    await this.goOn(this.begin("preparing"));
  }

  /** Go on with what no other tab sends, as the last one that did so has left it, but for a change. */
  private async goOn(turn: number, change: Partial<Kept> = {}): Promise<void> {
    const latest = keptOne(this.kept.videoId);
    this.note({ ...latest, ...change });
    this.error = this.kept.refusal;
    if (this.error) return this.rest("refused");
    if (this.kept.paused && this.file !== null) return this.rest("paused");
    try {
      const known = await this.api.get<Schemas["Video"]>(this.path);
      if (turn !== this.turn) return;
      if (known.storage_path !== null) await this.process(turn);
      else if (this.file === null) this.rest("lost");
      else await this.send(turn, this.file);
    } catch (error) {
      if (latest === undefined && isMissing(error)) this.rest("discarded"); // by another tab
      else await this.fail(turn, error as Error);
    }
  }

  private async send(turn: number, file: File): Promise<void> {
    const ticket = await this.api.post<Schemas["Upload"]>(`${this.path}/upload`);
    if (turn !== this.turn) return;
    const url = ticket.upload_url ?? this.kept.url;
    this.tus = new TusUpload(file, {
      ...(url ? { uploadUrl: this.api.url(url) } : {}),
      // Also where there is an address: it may have expired.
      ...(ticket.create_url ? { endpoint: ticket.create_url } : {}),
      metadata: ticket.metadata,
      headers: ticket.headers,
      chunkSize: ticket.chunk_bytes,
      retryDelays: AGAIN,
      storeFingerprintForResuming: false, // kept by us, with the title and the languages
      onBeforeRequest: async (request) => {
        if (!request.getURL().startsWith(this.api.url("/"))) return; // a storage's own ticket
        for (const [name, value] of Object.entries(await this.api.headers())) {
          request.setHeader(name, value);
        }
      },
      onUploadUrlAvailable: () => this.note({ url: this.tus?.url ?? null }),
      onChunkComplete: (_, sent) => this.note({ sent }),
      onProgress: (sent) => {
        this.sent = sent;
        this.speed.note(sent);
        this.changed();
      },
      onError: (error) => void this.fail(turn, error),
      onSuccess: () => void this.process(turn),
    });
    this.speed.reset();
    this.enter("sending");
    this.tus.start();
  }

  private async process(turn: number): Promise<void> {
    if (turn !== this.turn) return;
    this.sent = this.kept.size;
    this.enter("starting");
    try {
      const wish = { videoId: this.kept.videoId, languages: this.kept.languages };
      const made = await this.api.post<Schemas["Accepted"]>("/api/videos/process", wish, this.kept.key);
      this.jobId = made.jobId;
      await forget(this.kept.videoId);
      this.rest("started");
    } catch (error) {
      await this.fail(turn, error as Error);
    }
  }

  /** Delete the video, unless something was made of it meanwhile. */
  private async erase(): Promise<void> {
    try {
      const known = await this.api.get<Schemas["Video"]>(this.path);
      if (known.languages.length === 0) await this.api.ask(this.path, { method: "DELETE" });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  private async fail(turn: number, error: Error): Promise<void> {
    const why = await reason(error);
    if (turn !== this.turn) return;
    this.error = why.message;
    if (!isForGood(why)) return this.rest("failed");
    this.note({ refusal: why.message });
    this.rest("refused");
    await forgetFile(this.kept.videoId);
  }

  private get path(): string {
    return `/api/videos/${this.kept.videoId}`;
  }

  private note(change: Partial<Kept>): void {
    Object.assign(this.kept, change);
    renew(this.kept);
  }

  /** Begin something else than before; return its turn. */
  private begin(phase: Phase): number {
    const turn = ++this.turn;
    this.enter(phase);
    return turn;
  }

  /** Nothing more is done here for now: another tab may go on with it. */
  private rest(phase: Phase): void {
    this.claim.letGo();
    this.begin(phase);
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
