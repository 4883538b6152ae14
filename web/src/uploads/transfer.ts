/** One file on its way: sent in pieces by tus, paused, gone on with, and then processed. */
import { Upload as TusUpload } from "tus-js-client";
import type { Gateway, Schemas } from "../api/gateway";
import { forget, keep, keepFile, type Kept } from "./shelf";
import { Speed } from "./speed";

export type Phase =
  | "waiting" // for the ones before it
  | "sending"
  | "paused"
  | "lost" // its file has to be chosen again
  | "elsewhere" // another tab sends it
  | "starting" // all bytes are there
  | "started"
  | "failed";

const AGAIN = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000]; // milliseconds before each attempt

export class Transfer extends EventTarget {
  phase: Phase = "waiting";
  sent = 0; // bytes
  error = "";
  jobId: string | null = null;
  readonly speed = new Speed();
  private tus: TusUpload | null = null;
  private release: (() => void) | null = null;

  constructor(
    private readonly api: Gateway,
    readonly kept: Kept,
    public file: File | null,
  ) {
    super();
  }

  /** Create a video for a file, and keep what it needs to go on after a reload. */
  static async create(
    api: Gateway,
    file: File,
    wish: { projectId: string; title: string; languages: string[] },
  ): Promise<Transfer> {
    const video = await api.post<Schemas["CreatedVideo"]>("/api/videos", {
      filename: file.name,
      size_bytes: file.size,
      title: wish.title,
      project_id: wish.projectId,
    });
    const kept: Kept = {
      videoId: video.id,
      projectId: wish.projectId,
      gateway: api.base,
      title: wish.title,
      filename: file.name,
      size: file.size,
      modified: file.lastModified,
      languages: wish.languages,
      url: null,
      key: crypto.randomUUID(),
    };
    keep(kept);
    await keepFile(video.id, file);
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

  /** Begin, or go on from where the gateway has the bytes. */
  async start(): Promise<void> {
    if (this.file === null) return this.enter("lost");
    if (!(await this.claim())) return this.enter("elsewhere");
    this.error = "";
    this.speed.reset();
    this.enter("sending");
    try {
      await this.send(this.file);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  pause(): void {
    void this.tus?.abort();
    this.enter("paused");
  }

  /** End it and forget it; what was sent stays with the gateway until it clears it away. */
  async discard(): Promise<void> {
    await this.tus?.abort();
    this.letGo();
    await forget(this.kept.videoId);
  }

  private async send(file: File): Promise<void> {
    const known = await this.api.get<Schemas["Video"]>(`/api/videos/${this.kept.videoId}`);
    if (known.storage_path !== null) return this.process();
    const path = `/api/videos/${this.kept.videoId}/upload`;
    const ticket = await this.api.post<Schemas["Upload"]>(path);
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
      onUploadUrlAvailable: () => {
        this.kept.url = this.tus?.url ?? null;
        keep(this.kept);
      },
      onProgress: (sent) => {
        this.sent = sent;
        this.speed.note(sent);
        this.changed();
      },
      onError: (error) => this.fail(error),
      onSuccess: () => void this.process(),
    });
    if (this.phase === "sending") this.tus.start();
  }

  private async process(): Promise<void> {
    this.sent = this.kept.size;
    this.enter("starting");
    try {
      const wish = { videoId: this.kept.videoId, languages: this.kept.languages };
      const made = await this.api.post<Schemas["Accepted"]>("/api/videos/process", wish, this.kept.key);
      this.jobId = made.jobId;
      this.letGo();
      await forget(this.kept.videoId);
      this.enter("started");
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private fail(error: Error): void {
    this.error = error.message;
    this.letGo();
    this.enter("failed");
  }

  /** Keep other tabs from sending the same file; a tab that is closed lets go by itself. */
  private async claim(): Promise<boolean> {
    if (this.release !== null || !("locks" in navigator)) return true;
    return new Promise((resolve) => {
      void navigator.locks.request(
        `docreel-upload-${this.kept.videoId}`,
        { ifAvailable: true },
        (lock) => {
          resolve(lock !== null);
          if (lock === null) return undefined;
          return new Promise<void>((release) => {
            this.release = release;
          });
        },
      );
    });
  }

  private letGo(): void {
    this.release?.();
    this.release = null;
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}
