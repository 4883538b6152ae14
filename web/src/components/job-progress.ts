/** `<docreel-job-progress job="...">`: a job watched to its end, step by step and language by language. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { type JobWithSteps, Refusal, type Schemas, type Stage } from "../api/gateway";
import { Poller } from "../api/poller";
import { DocreelElement } from "../element";
import { languageName, moment, type Name, percent, t } from "../texts/locale";
import { badge, bar, cost, forward, isActive, stageName, step, timeLeft, took } from "./jobs";

const MARKS = { waiting: "○", running: "", waiting_quota: "◔", failed: "!", done: "✓", stopped: "–" } as const;
const PIECES: Record<Stage["stage"], Name> = {
  transcribing: "count_windows",
  generating_docs: "count_articles",
  translating: "count_texts",
};

@customElement("docreel-job-progress")
export class JobProgress extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      .line {
        display: grid;
        grid-template-columns: 1.6rem minmax(0, 1fr) auto;
        gap: 0.1rem 0.6rem;
        align-items: center;
        padding: 0.55rem 0;
        border-top: 1px solid var(--_line);
      }
      .mark {
        display: grid;
        place-items: center;
        inline-size: 1.5rem;
        block-size: 1.5rem;
        border-radius: 50%;
        background: var(--_sunk);
        color: var(--_soft);
        font-size: 0.85rem;
        font-weight: 700;
      }
      .done .mark {
        background: var(--_accent);
        color: var(--_on-accent);
      }
      .failed .mark {
        background: var(--_bad-wash);
        color: var(--_bad);
      }
      .waiting_quota .mark {
        background: var(--_warn-wash);
        color: var(--_warn);
      }
      .running .mark::before {
        content: "";
        inline-size: 0.9rem;
        block-size: 0.9rem;
        border: 2px solid var(--_accent);
        border-block-start-color: transparent;
        border-radius: 50%;
        animation: turn 1s linear infinite;
      }
      .running strong {
        color: var(--_accent);
      }
      .line strong {
        font-weight: 550;
      }
      .waiting strong,
      .stopped strong {
        color: var(--_soft);
        font-weight: 450;
      }
      @keyframes turn {
        to {
          rotate: 1turn;
        }
      }
      .issues {
        margin: 0.3rem 0 0;
        padding-inline-start: 1.2rem;
      }
    `,
  ];

  /** The job's id. */
  @property() job = "";
  @state() private shown: JobWithSteps | null = null;
  @state() private trouble = "";
  @state() private refused = "";
  @state() private acting = false;
  private poller: Poller<JobWithSteps> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.poller?.stop();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("job") || changed.has("gateway") || changed.has("token")) {
      if (changed.has("job")) this.shown = null;
      this.watch();
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.job) return nothing; // a site that has not chosen one yet
    const job = this.shown;
    if (job === null) {
      return html`<article class="card" aria-busy="true">
        ${this.trouble ? this.troubled() : html`<p class="soft">${t("loading")}</p>`}
      </article>`;
    }
    return html`<article class="card stack">
      <div class="row spread">
        <h2>${job.video_title}</h2>
        ${badge(job)}
      </div>
      ${bar(job)}
      <div class="row spread small soft">
        <span>${[percent(job.progress), isActive(job) ? step(job) : "", timeLeft(job), took(job), cost(job), job.engine ? t("by_engine", { engine: job.engine }) : ""].filter(Boolean).join(" · ")}</span>
        <span>${isActive(job) ? t("leave_hint") : nothing}</span>
      </div>
      <p class="sr" role="status">${this.announced(job)}</p>
      ${this.trouble ? this.troubled() : nothing}
      <ul class="plain">
        ${job.stages.map((stage) => this.line(stage))}
      </ul>
      ${this.issues(job)}
      <div role="alert">${this.refused ? html`<p class="note bad">${this.refused}</p>` : nothing}</div>
      <div class="row">${this.actions(job)}</div>
    </article>`;
  }

  private line(stage: Stage): TemplateResult {
    const counted =
      stage.total === null ? "" : t(PIECES[stage.stage], { done: stage.done, total: stage.total });
    const failed = stage.failed ? t("count_failed", { n: stage.failed }) : "";
    const waits = stage.until
      ? t("state_waiting_until", { time: moment(stage.until) })
      : stage.state === "waiting_quota"
        ? t("state_waiting_quota")
        : "";
    return html`<li class="line ${stage.state}" data-stage=${stage.stage} data-language=${stage.language ?? nothing} data-state=${stage.state}>
      <span class="mark" aria-hidden="true">${MARKS[stage.state]}</span>
      <strong>${stageName(stage)}</strong>
      <span class="small soft">
        <span class="sr">${t(`state_${stage.state}`)}.</span>
        ${[waits, counted, failed].filter(Boolean).join(" · ")}
      </span>
    </li>`;
  }

  private issues(job: JobWithSteps): TemplateResult | typeof nothing {
    if (job.issues.length === 0 && !job.error_message) return nothing;
    const failed = job.status === "failed";
    return html`<div class="note ${failed ? "bad" : "warn"}">
      <strong>${failed ? t("issues_failed") : t("issues_missing", { n: job.issues.length })}</strong>
      ${failed && job.error_message && !job.issues.some((one) => one.includes(job.error_message ?? "")) ? html`<p>${job.error_message}</p>` : nothing}
      ${job.issues.length ? html`<ul class="issues">${job.issues.map((one) => html`<li>${one}</li>`)}</ul>` : nothing}
    </div>`;
  }

  private actions(job: JobWithSteps): TemplateResult {
    const again = job.status === "failed" || job.status === "cancelled" || job.issues.length > 0;
    const readable = job.stages.some((stage) => stage.stage === "generating_docs" && stage.done > 0);
    return html`
      ${readable || job.status === "completed"
        ? html`<a class="button ${isActive(job) ? "" : "primary"}" href=${this.api.url(`/videos/${job.video_id}`)} data-docreel="video" @click=${(event: Event) => this.open(event, job.video_id)}>${isActive(job) ? t("read_so_far") : t("read")}</a>`
        : nothing}
      ${!isActive(job) && again
        ? html`<button ?disabled=${this.acting} @click=${() => this.act("retry")}>${job.status === "completed" ? t("retry_missing") : t("retry")}</button>`
        : nothing}
      ${isActive(job)
        ? html`<button class="danger" ?disabled=${this.acting || job.cancel_requested_at !== null} @click=${() => this.act("cancel")}>${t("cancel")}</button>`
        : nothing}
    `;
  }

  private troubled(): TemplateResult {
    return html`<p class="note warn" data-trouble>${this.trouble}</p>`;
  }

  /** One sentence at each change of step, not at each percent. */
  private announced(job: JobWithSteps): string {
    const done = job.stages
      .filter((stage) => stage.language && stage.state === "done")
      .map((stage) => languageName(stage.language ?? ""));
    return [`${job.video_title}: ${step(job)}`, done.length ? t("announce_done", { what: done.join(", ") }) : ""]
      .filter(Boolean)
      .join(". ");
  }

  private watch(): void {
    this.poller?.stop();
    if (!this.job) return;
    this.poller = new Poller<JobWithSteps>({
      ask: (etag, signal) =>
        this.api.ask(`/api/jobs/${this.job}`, {
          headers: etag ? { "If-None-Match": etag } : {},
          signal,
        }),
      take: (job) => this.take(job),
      fail: (error) => {
        this.trouble = error === null ? "" : told(error);
      },
    });
    this.poller.start();
  }

  private take(job: JobWithSteps): boolean {
    const before = this.shown;
    this.shown = forward(before, job);
    if (before === null) this.tell("docreel-titled", job.video_title);
    if (before !== null && isActive(before) && !isActive(this.shown)) {
      this.tell("docreel-job-ended", { id: job.id, status: this.shown.status });
    }
    return isActive(this.shown);
  }

  private async act(what: "cancel" | "retry"): Promise<void> {
    this.acting = true;
    this.refused = "";
    try {
      await this.api.post<Schemas["Accepted"] | JobWithSteps>(`/api/jobs/${this.job}/${what}`);
      this.watch();
    } catch (error) {
      this.refused = (error as Error).message;
    }
    this.acting = false;
  }

  /** A site that embeds this opens the video in its own way: it prevents the event's default. */
  private open(event: Event, videoId: string): void {
    const told = new CustomEvent("docreel-open-video", {
      detail: { videoId },
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (!this.dispatchEvent(told)) event.preventDefault();
  }
}

function told(error: Error): string {
  if (error instanceof TypeError) return t("trouble_away");
  return error instanceof Refusal && error.status === 404 ? t("job_none") : error.message;
}
