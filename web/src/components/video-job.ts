/** `<docreel-video-job video="...">`: the video's job: the one that runs, else the newest where it left a gap. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Job } from "../api/gateway";
import { Poller } from "../api/poller";
import { DocreelElement } from "../element";
import { percent, t } from "../texts/locale";
import { badge, bar, cost, forward, isActive, step, timeLeft } from "./jobs";

const LATELY = 20; // jobs of a video, the newest first, among which one may run

const ENDED = { completed: "last_job_completed", failed: "last_job_failed", cancelled: "last_job_cancelled" } as const;

@customElement("docreel-video-job")
export class VideoJob extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      section,
      .note {
        margin-bottom: 1rem;
      }
    `,
  ];

  /** The video's id. */
  @property() video = "";
  @state() private job: Job | null = null;
  private poller: Poller<Job> | null = null;
  private turn = 0; // of looks that overtake each other the last one holds, and none once it is taken away

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.find();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.turn += 1;
    this.poller?.stop();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("video") || changed.has("gateway") || changed.has("token")) void this.find();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { job } = this;
    if (job === null || (job.status === "completed" && job.issues.length === 0)) return nothing;
    const details = html`<a href=${this.api.url(`/jobs/${job.id}`)} @click=${(event: Event) => this.open(event, job.id)}>${t("job_details")}</a>`;
    if (job.status !== "pending" && job.status !== "processing") {
      return html`<div class="note ${job.status === "failed" ? "bad" : "warn"} row spread"><span>${t(ENDED[job.status])}</span> ${details}</div>`;
    }
    return html`<section class="card stack" aria-label=${t("job_heading")}>
      <div class="row spread">
        <span class="row">${badge(job)} <span>${step(job)}</span></span>
        ${details}
      </div>
      ${bar(job)}
      <p class="small soft">${[percent(job.progress), timeLeft(job), cost(job)].filter(Boolean).join(" · ")}</p>
    </section>`;
  }

  /** Look for the job that runs, else the newest, and watch it while it runs. */
  async find(): Promise<void> {
    const turn = ++this.turn;
    this.poller?.stop();
    if (this.job?.video_id !== this.video) this.job = null;
    if (!this.video || !this.isConnected) return;
    try {
      const { items } = await this.api.get<{ items: Job[] }>(`/api/jobs?video_id=${this.video}&limit=${LATELY}`);
      if (turn !== this.turn) return;
      // An older one that was tried again is what the video is at.
      this.job = items.find(isActive) ?? items[0] ?? null;
      this.tell("docreel-video-job", { active: this.job !== null && isActive(this.job) });
    } catch {
      return; // what is shown around it tells what is wrong
    }
    if (this.job && isActive(this.job)) this.watch(this.job.id);
  }

  private watch(id: string): void {
    this.poller = new Poller<Job>({
      ask: (etag, signal) => this.api.ask(`/api/jobs/${id}`, { headers: etag ? { "If-None-Match": etag } : {}, signal }),
      take: (job) => this.take(job),
      fail: () => undefined, // it is asked again, and nothing here depends on it
    });
    this.poller.start();
  }

  private take(job: Job): boolean {
    const before = this.job;
    this.job = forward(before, job);
    const goes = isActive(this.job);
    if (!goes) this.tell("docreel-video-job", { active: false });
    // An article more, or a language: whoever shows the video has something new to show.
    if (before !== null && (made(before) !== made(this.job) || !goes)) this.tell("docreel-video-changed", { videoId: this.video });
    return goes;
  }

  private open(event: Event, jobId: string): void {
    const told = new CustomEvent("docreel-open-job", { detail: { jobId }, bubbles: true, composed: true, cancelable: true });
    if (!this.dispatchEvent(told)) event.preventDefault();
  }
}

/** How many pieces of a job can be read. */
function made(job: Job): number {
  return job.stages.filter((stage) => stage.stage !== "transcribing").reduce((sum, stage) => sum + stage.done, 0);
}
