/** `<docreel-subtitle-editor video="..." language="...">`: cues edited, with what a viewer could not read marked. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { type Cue, Refusal, type Schemas } from "../api/gateway";
import { DocreelElement } from "../element";
import { focusOn } from "../focus";
import { clock, direction, languageName, t } from "../texts/locale";
import { lint } from "./subtitle-linter";
import { overlap } from "./subtitle-proposal";

type Decision = Schemas["TrackDecision"]["proposal"];

interface Row extends Cue {
  key: number;
}

@customElement("docreel-subtitle-editor")
export class SubtitleEditor extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      li {
        display: grid;
        grid-template-columns: 6.5rem minmax(0, 1fr) auto;
        gap: 0.5rem;
        align-items: start;
        padding: 0.6rem 0;
        border-top: 1px solid var(--_line);
      }
      /* Saved from wherever one is in a long list. */
      .head {
        position: sticky;
        top: 0;
        z-index: 1;
        margin-block-start: -0.5rem;
        padding-block: 0.5rem;
        background: var(--_paper);
      }
      li :is(input, textarea, button) {
        scroll-margin-block: 6rem 1rem; /* not below the head */
      }
      li.now {
        background: var(--_wash);
      }
      .times {
        display: grid;
        gap: 0.3rem;
      }
      input[type="number"] {
        font-variant-numeric: tabular-nums;
      }
      textarea {
        min-height: 4.2rem;
        /* On a phone two lines of a subtitle are three or four. */
        field-sizing: content;
        resize: vertical;
      }
      .marks {
        display: flex;
        flex-wrap: wrap;
        gap: 0.3rem;
        margin-top: 0.3rem;
      }
      .marks .badge {
        white-space: normal;
      }
      @media (max-width: 40rem) {
        li {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .times {
          grid-column: 1 / -1;
          grid-template-columns: 1fr 1fr;
        }
      }
      .side {
        display: grid;
        gap: 0.3rem;
      }
      .side button {
        min-width: 2.4rem;
        padding: 0;
      }
    `,
  ];

  @property() video = "";
  @property() language = "";
  /** The second that plays; null: nothing plays. */
  @property({ attribute: false }) now: number | null = null;
  @state() private cues: Row[] = [];
  @state() private proposal: Cue[] | null = null;
  @state() private changed = false;
  @state() private conflict = false;
  @state() private message = "";
  private etag = "";
  private next = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("beforeunload", this.onLeave);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("beforeunload", this.onLeave);
  }

  protected override firstUpdated(): void {
    focusOn(this.renderRoot.querySelector("h2")); // somebody asked for it
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("video") || changed.has("language")) void this.load();
  }

  protected override render(): TemplateResult {
    const marks = lint(this.cues);
    const count = marks.reduce((sum, some) => sum + some.length, 0);
    return html`<section class="card stack" aria-label=${t("subtitles_edit", { language: languageName(this.language) })}>
      <div class="row spread head">
        <h2>${t("subtitles_edit", { language: languageName(this.language) })}</h2>
        <span class="row">
          <span class="badge ${this.changed ? "warn" : "good"}" role="status">${this.changed ? t("saving_unsaved") : t("saving_saved")}</span>
          <button class="primary" ?disabled=${!this.changed || this.conflict} @click=${() => this.save()}>${t("save")}</button>
          <button @click=${() => this.tell("docreel-close")}>${t("close")}</button>
        </span>
      </div>
      <p class="small soft">${t("lint_count", { n: count })}</p>
      <div role="alert">${this.message ? html`<p class="note bad">${this.message}</p>` : nothing}</div>
      ${this.conflict
        ? html`<div class="note warn stack"><p>${t("conflict")}</p>
            <div class="row">
              <button @click=${() => this.load()}>${t("conflict_theirs")}</button>
              <button @click=${() => this.overwrite()}>${t("conflict_mine")}</button>
            </div></div>`
        : nothing}
      ${this.proposal ? this.proposed(this.proposal) : nothing}
      <ul class="plain">
        ${repeat(
          this.cues,
          (cue) => cue.key,
          (cue, n) => this.line(cue, n, marks[n] ?? []),
        )}
      </ul>
    </section>`;
  }

  private proposed(proposal: Cue[]): TemplateResult {
    return html`<docreel-subtitle-proposal
      .cues=${this.cues}
      .proposal=${proposal}
      language=${this.language}
      ?unsaved=${this.changed}
      @docreel-take=${(event: CustomEvent<Cue>) => this.use(event.detail)}
      @docreel-decide=${(event: CustomEvent<Decision>) => this.decide(event.detail)}
    ></docreel-subtitle-proposal>`;
  }

  private line(cue: Row, n: number, marks: string[]): TemplateResult {
    const plays = this.now !== null && cue.start <= this.now && this.now < cue.end;
    const at = clock(cue.start);
    const set = (change: Partial<Cue>) => this.change(cue, change);
    return html`<li class=${plays ? "now" : ""}>
      <div class="times">
        <input type="number" step="0.1" min="0" aria-label="${t("cue_start")} ${at}" .value=${cue.start.toFixed(2)} @change=${(event: Event) => set({ start: amount(event, cue.start) })} />
        <input type="number" step="0.1" min="0" aria-label="${t("cue_end")} ${at}" .value=${cue.end.toFixed(2)} @change=${(event: Event) => set({ end: amount(event, cue.end) })} />
      </div>
      <div>
        <textarea rows="2" maxlength="2000" lang=${this.language} dir=${direction(this.language)} aria-label="${t("cue_text")} ${at}" .value=${cue.text} @input=${(event: Event) => set({ text: (event.target as HTMLTextAreaElement).value })}></textarea>
        ${marks.length ? html`<div class="marks">${marks.map((one) => html`<span class="badge warn">${one}</span>`)}</div>` : nothing}
      </div>
      <div class="side">
        <button aria-label=${t("play_from", { time: at })} @click=${() => this.tell("docreel-seek", cue.start)}>▶</button>
        <button class="quiet danger" aria-label="${t("cue_remove")} ${at}" @click=${() => this.drop(cue, n)}>✕</button>
      </div>
    </li>`;
  }

  private get path(): string {
    return `/api/videos/${this.video}/subtitles/${this.language}`;
  }

  private async load(): Promise<void> {
    try {
      this.show(await this.api.ask<Schemas["Track"]>(this.path));
    } catch (error) {
      this.message = (error as Error).message;
    }
  }

  private show({ body, etag }: { body: Schemas["Track"] | null; etag: string | null }): void {
    this.etag = etag ?? "";
    this.cues = (body?.cues ?? []).map((cue) => ({ ...cue, key: this.next++ }));
    this.proposal = body?.proposal?.cues ?? null;
    this.changed = this.conflict = false;
    this.message = "";
  }

  /** Put a proposed cue in place of those in its time; it is saved like any edit. */
  private use(cue: Cue): void {
    const others = this.cues.filter((one) => !overlap(one, cue));
    this.cues = [...others, { ...cue, key: this.next++ }].sort((a, b) => a.start - b.start);
    this.changed = true;
  }

  private async decide(proposal: Decision): Promise<void> {
    try {
      const headers = { "If-Match": this.etag };
      this.show(await this.api.ask<Schemas["Track"]>(this.path, { method: "PATCH", body: { proposal }, headers }));
      this.tell("docreel-saved", this.language);
    } catch (error) {
      this.conflict = error instanceof Refusal && error.status === 412;
      this.message = this.conflict ? "" : (error as Error).message;
    }
  }

  private change(cue: Row, change: Partial<Cue>): void {
    this.cues = this.cues.map((one) => (one.key === cue.key ? { ...one, ...change } : one));
    this.changed = true;
  }

  private async drop(cue: Row, n: number): Promise<void> {
    this.cues = this.cues.filter((one) => one.key !== cue.key);
    this.changed = true;
    await this.updateComplete;
    // In a long list the place is kept: the same button of the cue that follows.
    const left = this.renderRoot.querySelectorAll<HTMLElement>("li .danger");
    left[Math.min(n, left.length - 1)]?.focus();
  }

  private async save(): Promise<void> {
    const cues = this.cues.map(({ start, end, text }) => ({ start, end, text }));
    try {
      const answer = await this.api.ask<Schemas["Cues"]>(this.path, {
        method: "PUT",
        body: { cues },
        headers: { "If-Match": this.etag },
      });
      this.etag = answer.etag ?? "";
      this.changed = false;
      this.message = "";
      this.tell("docreel-saved", this.language);
    } catch (error) {
      this.conflict = error instanceof Refusal && error.status === 412;
      this.message = this.conflict ? "" : (error as Error).message;
    }
  }

  private async overwrite(): Promise<void> {
    this.etag = (await this.api.ask(this.path)).etag ?? "";
    this.conflict = false;
    await this.save();
  }

  private readonly onLeave = (event: BeforeUnloadEvent): void => {
    if (this.changed) event.preventDefault();
  };
}

function amount(event: Event, before: number): number {
  const value = (event.target as HTMLInputElement).valueAsNumber;
  return Number.isFinite(value) ? value : before;
}
