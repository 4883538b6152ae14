/** `<docreel-active-jobs project="...">`: a project's jobs that run and those that ended last. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Job, Schemas } from "../api/gateway";
import { Poller } from "../api/poller";
import { DocreelElement } from "../element";
import { moment, percent, t } from "../texts/locale";
import { badge, bar, cost, forward, isActive, step, timeLeft } from "./jobs";

const IDLE = 10; // seconds between two looks where nothing runs: another person may start a job

const RECENT = 5; // jobs that have ended, shown at most

@customElement("docreel-active-jobs")
export class ActiveJobs extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      li {
        display: grid;
        gap: 0.4rem;
        padding: 0.85rem 0;
        border-top: 1px solid var(--_line);
      }
      li:first-child {
        border-top: 0;
        padding-top: 0.6rem;
      }
      li:last-child {
        padding-bottom: 0;
      }
      a.title {
        color: inherit;
        font-weight: 600;
        text-decoration: none;
        overflow-wrap: anywhere;
      }
      a.title:hover {
        text-decoration: underline;
      }
    `,
  ];

  @property() project = "";
  /** Show the ones that ended last too, not only those that run. */
  @property({ type: Boolean }) recent = false;
  @state() private jobs: Job[] = [];
  @state() private trouble = "";
  private poller: Poller<Schemas["Activity"]> | null = null;
  private known = new Map<string, Job>();
  private looked = false;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.poller?.stop();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("project") || changed.has("gateway") || changed.has("token")) this.watch();
  }

  protected override render(): TemplateResult | typeof nothing {
    const ended = this.recent ? this.jobs.filter((job) => !isActive(job)).slice(0, RECENT) : [];
    const shown = [...this.jobs.filter(isActive), ...ended];
    if (shown.length === 0) return nothing;
    const running = shown.filter(isActive).length;
    return html`<section class="card" aria-label=${t("jobs")}>
      <div class="row spread">
        <h2>${t("jobs")}</h2>
        ${running ? html`<span class="badge good">${t("jobs_running", { n: running })}</span>` : nothing}
      </div>
      <p class="sr" role="status">${t("jobs_running", { n: running })}</p>
      ${this.trouble ? html`<p class="note warn">${this.trouble}</p>` : nothing}
      <ul class="plain">
        ${repeat(
          shown,
          (job) => job.id,
          (job) => html`<li data-job=${job.id}>
            <div class="row spread">
              <a class="title" href=${this.api.url(`/jobs/${job.id}`)} @click=${(event: Event) => this.open(event, job.id)}>${job.video_title}</a>
              ${badge(job)}
            </div>
            ${isActive(job)
              ? html`${bar(job)}
                  <span class="small soft">${[percent(job.progress), step(job), timeLeft(job), cost(job)].filter(Boolean).join(" · ")}</span>`
              : html`<span class="small soft">${[moment(job.completed_at ?? job.updated_at), cost(job)].filter(Boolean).join(" · ")}</span>`}
          </li>`,
        )}
      </ul>
    </section>`;
  }

  private watch(): void {
    this.poller?.stop();
    if (!this.project) return;
    this.poller = new Poller<Schemas["Activity"]>({
      ask: (etag, signal) =>
        this.api.ask(`/api/projects/${this.project}/activity`, {
          headers: etag ? { "If-None-Match": etag } : {},
          signal,
        }),
      take: (activity) => this.take(activity),
      fail: (error) => {
        this.trouble = error === null ? "" : error instanceof TypeError ? t("trouble_away") : error.message;
      },
    });
    this.poller.start();
  }

  private take({ active, recent }: Schemas["Activity"]): boolean | number {
    const before = this.known;
    const first = !this.looked;
    this.looked = true;
    this.jobs = [...active, ...recent].map((job) => forward(before.get(job.id), job));
    this.known = new Map(this.jobs.map((job) => [job.id, job]));
    const ended = this.jobs.filter((job) => {
      const old = before.get(job.id);
      return old !== undefined && isActive(old) && !isActive(job);
    });
    const begun = this.jobs.filter((job) => {
      const old = before.get(job.id);
      return !first && isActive(job) && (old === undefined || !isActive(old));
    });
    this.tell("docreel-activity", { active: active.length, begun: begun.length, ended: ended.length, total: this.jobs.length });
    return active.length > 0 || IDLE;
  }

  private open(event: Event, jobId: string): void {
    const told = new CustomEvent("docreel-open-job", {
      detail: { jobId },
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (!this.dispatchEvent(told)) event.preventDefault();
  }
}
