/** `<docreel-operations>`: the pipeline with live numbers, jobs by state, and dead letters, for operators. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { Operations, Schemas } from "../api/gateway";
import { Poller } from "../api/poller";
import { DocreelElement } from "../element";
import { day, duration, moment, money, type Name, number, short, t } from "../texts/locale";
import { operationsStyles } from "./operations-styles";

type Queue = Schemas["Queue"];
type Letter = Schemas["DeadLetter"];
type Day = Schemas["DaySpent"];

const MINUTE = 60; // seconds between two looks at what was spent: it sums all calls of two weeks

@customElement("docreel-operations")
export class OperationsPage extends DocreelElement {
  static override styles = [...DocreelElement.styles, operationsStyles];

  @state() private seen: Operations | null = null;
  @state() private days: Day[] | null = null;
  @state() private trouble = "";
  @state() private letters: Record<string, Letter[]> = {};
  @state() private done = "";
  private poller: Poller<Operations> | null = null;
  private spending: Poller<Schemas["Costs"]> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.poller?.stop();
    this.spending?.stop();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.poller || changed.has("gateway") || changed.has("token")) this.watch();
  }

  protected override render(): TemplateResult {
    const seen = this.seen;
    if (seen === null) {
      return html`<p class=${this.trouble ? "note bad" : "soft"} role="status">${this.trouble || t("loading")}</p>`;
    }
    return html`<div class="stack">
      ${this.trouble ? html`<p class="note warn" role="status">${this.trouble}</p>` : nothing}
      ${seen.broker === "connected" ? nothing : html`<p class="note warn">${t("ops_broker", { what: seen.broker })}</p>`}
      <section aria-label=${t("ops_pipeline")}>
        <ol class="pipeline">
          ${seen.queues.map((queue) => this.service(queue))}
        </ol>
      </section>
      <section class="stack" aria-label=${t("ops_jobs")}>
        <h2>${t("ops_jobs")}</h2>
        <div class="numbers">
          ${Object.entries(seen.jobs).map(([status, count]) => this.figure(t(`job_${status}` as Name), number(count)))}
          ${this.figure(t("ops_oldest_job"), seen.oldest_job_seconds === null ? "–" : duration(seen.oldest_job_seconds))}
          ${this.figure(t("ops_outbox"), number(seen.outbox.unpublished))}
          ${this.figure(t("ops_webhooks"), number(seen.webhooks_waiting))}
        </div>
        <p class="small soft">${t("ops_jobs_hint")}</p>
      </section>
      ${this.days === null ? nothing : this.costs(this.days)}
      <section class="stack" aria-label=${t("ops_dead")}>
        <h2>${t("ops_dead")}</h2>
        <div role="status">${this.done ? html`<p class="note">${this.done}</p>` : nothing}</div>
        ${seen.queues.some((queue) => queue.dead) ? seen.queues.filter((queue) => queue.dead).map((queue) => this.dead(queue)) : html`<p class="soft">${t("ops_dead_none")}</p>`}
      </section>
    </div>`;
  }

  private service(queue: Queue): TemplateResult {
    const count = (value: number | null) => (value === null ? "–" : number(value));
    const busy = queue.units_running > 0 || (queue.unacked ?? 0) > 0;
    return html`<li class=${busy ? "busy" : ""} data-service=${queue.service}>
      <div class="card">
        <div class="row spread">
          <h2>${t(`service_${queue.service}` as Name)}</h2>
          <span class="badge ${queue.consumers === 0 ? "bad" : "good"}">${queue.consumers === null ? t("ops_unknown") : t("ops_consumers", { n: queue.consumers })}</span>
        </div>
        <dl class="small">
          <dt>${t("ops_waiting")}</dt><dd>${count(queue.waiting)}</dd>
          <dt>${t("ops_unacked")}</dt><dd>${count(queue.unacked)}</dd>
          <dt>${t("ops_delayed")}</dt><dd>${count(queue.delayed)}</dd>
          <dt>${t("ops_running")}</dt><dd>${number(queue.units_running)}</dd>
          <dt>${t("ops_units_waiting")}</dt><dd>${number(queue.units_waiting)}</dd>
          <dt>${t("ops_failed")}</dt><dd>${number(queue.units_failed_today)}</dd>
          <dt>${t("ops_oldest")}</dt><dd>${queue.oldest_unit_seconds === null ? "–" : duration(queue.oldest_unit_seconds)}</dd>
          <dt>${t("ops_dead")}</dt><dd>${count(queue.dead)}</dd>
        </dl>
      </div>
    </li>`;
  }

  /** A bar a day; what nothing was paid for has none. */
  private costs(days: Day[]): TemplateResult {
    const paid = days.filter((one) => one.calls > 0).reverse();
    const most = Math.max(0, ...paid.map((one) => one.cost ?? 0));
    const total = paid.reduce((sum, one) => sum + (one.cost ?? 0), 0);
    return html`<section class="stack" aria-label=${t("ops_costs")} data-costs>
      <h2>${t("ops_costs")}</h2>
      ${most === 0
        ? html`<p class="soft">${t("ops_costs_none", { n: days.length })}</p>`
        : html`<div class="card scroll costs" tabindex="0" role="group" aria-label=${t("ops_costs")}><table>
              <thead><tr><th scope="col">${t("ops_day")}</th><th scope="col">${t("ops_cost")}</th><th scope="col">${t("ops_calls")}</th><th scope="col">${t("ops_tokens")}</th></tr></thead>
              <tbody>
                ${paid.map(
                  (one) => html`<tr data-day=${one.day}>
                    <th scope="row">${day(one.day)}</th>
                    <td class="cost"><span>${one.cost === null ? "–" : money(one.cost)}</span><i style="inline-size:${((one.cost ?? 0) / most) * 100}%"></i></td>
                    <td>${number(one.calls)}</td>
                    <td>${short(one.prompt_tokens)} / ${short(one.output_tokens)}</td>
                  </tr>`,
                )}
              </tbody>
            </table></div>
            <p class="small soft">${t("ops_costs_total", { n: days.length, cost: money(total) })} · ${t("ops_costs_hint")}</p>`}
    </section>`;
  }

  private figure(name: string, value: string): TemplateResult {
    return html`<div class="card"><strong>${value}</strong><span class="small soft">${name}</span></div>`;
  }

  private dead(queue: Queue): TemplateResult {
    const name = t(`service_${queue.service}` as Name);
    const letters = this.letters[queue.service];
    return html`<div class="card stack" data-dead=${queue.service}>
      <div class="row spread">
        <h3>${t("ops_dead_of", { service: name, n: queue.dead ?? 0 })}</h3>
        <span class="row">
          <button aria-label="${t("ops_look")}: ${name}" @click=${() => this.look(queue.service)}>${t("ops_look")}</button>
          <button aria-label="${t("ops_redrive")}: ${name}" @click=${() => this.redrive(queue.service)}>${t("ops_redrive")}</button>
        </span>
      </div>
      ${letters
        ? html`<div class="scroll" tabindex="0" role="group" aria-label=${t("ops_dead_of", { service: name, n: letters.length })}><table>
            <thead><tr><th scope="col">${t("ops_kind")}</th><th scope="col">${t("ops_reason")}</th><th scope="col">${t("ops_job")}</th><th scope="col">${t("ops_when")}</th></tr></thead>
            <tbody>
              ${letters.map((one) => html`<tr><td>${one.kind ?? "?"}</td><td>${one.reason}</td><td>${one.job_id ?? "–"}</td><td>${one.published_at ? moment(one.published_at) : "–"}</td></tr>`)}
            </tbody>
          </table></div>`
        : nothing}
    </div>`;
  }

  private watch(): void {
    this.poller?.stop();
    this.poller = new Poller<Operations>({
      ask: (_, signal) => this.api.ask("/api/operations", { signal }),
      take: (seen) => {
        this.seen = seen;
        return true;
      },
      fail: (error) => {
        this.trouble = error === null ? "" : error instanceof TypeError ? t("trouble_away") : error.message;
      },
    });
    this.poller.start();
    this.spending?.stop();
    this.spending = new Poller<Schemas["Costs"]>({
      ask: (etag, signal) =>
        this.api.ask("/api/operations/costs", { headers: etag ? { "If-None-Match": etag } : {}, signal }),
      take: ({ days }) => {
        this.days = days;
        return MINUTE;
      },
      fail: () => undefined, // the other one tells it
    });
    this.spending.start();
  }

  private async look(service: string): Promise<void> {
    try {
      const found = await this.api.get<Letter[]>(`/api/operations/dead/${service}`);
      this.letters = { ...this.letters, [service]: found };
    } catch (error) {
      this.done = (error as Error).message;
    }
  }

  private async redrive(service: string): Promise<void> {
    try {
      const { count } = await this.api.post<Schemas["Redriven"]>(`/api/operations/dead/${service}/redrive`);
      this.done = t("ops_redriven", { n: count });
      this.letters = Object.fromEntries(Object.entries(this.letters).filter(([name]) => name !== service));
      this.poller?.now();
    } catch (error) {
      this.done = (error as Error).message;
    }
  }
}
