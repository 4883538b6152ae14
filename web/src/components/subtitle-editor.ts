/** `<docreel-subtitle-editor video="..." language="...">`: cues edited, with what a viewer could not read marked. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Cue } from "../api/gateway";
import { DocreelElement } from "../element";
import { focusOn } from "../focus";
import { clock, languageName, type Name, t } from "../texts/locale";
import { Unsaved } from "../unsaved";
import { asking, leaving } from "./asking";
import { focusLine, follow, textField } from "./cue-focus";
import { cueLine, type Does } from "./cue-line";
import * as cues from "./cues";
import { lint } from "./subtitle-linter";
import "./subtitle-proposal";
import { subtitleStyles } from "./subtitle-styles";
import { type Decision, Track } from "./track";

const CLICK = 400; // milliseconds from a finger's lift to its click, at most
const LIFTED = ["pointerup", "pointercancel"] as const;

/** What is said where something cannot be done; else that there is no room. */
const REASONS: Partial<Record<Name, Name>> = {
  cue_is_split: "cue_no_split",
  cue_merged: "cue_no_next",
  cue_begins: "cue_no_begin",
  cue_ends: "cue_no_end",
};

@customElement("docreel-subtitle-editor")
export class SubtitleEditor extends DocreelElement {
  static override styles = [...DocreelElement.styles, subtitleStyles];

  /** The video's id. */
  @property() video = "";
  /** What the subtitles are in (BCP 47). */
  @property() language = "";
  /** The second that plays; null: nothing plays. */
  @property({ attribute: false }) now: number | null = null;
  @state() private leaving: (() => void) | null = null; // what is done once who edits would lose what is unsaved
  @state() private active = -1; // the key of the cue that is worked on
  @state() private notice = ""; // what was done, or could not be, for who does not see it
  @state() private failed = false; // whether the notice is of what could not be done
  private pointing = false;
  private pointed = 0; // the timer of a click that is awaited
  private readonly track = new Track(
    () => this.api,
    () => `/api/videos/${this.video}/subtitles/${this.language}`,
    () => this.requestUpdate(),
  );

  constructor() {
    super();
    new Unsaved(this, () => this.track.changed);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.onKey);
    this.lift();
    clearTimeout(this.pointed);
  }

  protected override firstUpdated(): void {
    if (this.autofocus) focusOn(this.renderRoot.querySelector("h2"));
  }

  protected override updated(changed: PropertyValues<this>): void {
    const asked = changed.has("video") || changed.has("language");
    // A token that is renewed is no reason to lose what was typed.
    const late = (changed.has("gateway") || changed.has("token")) && !this.track.loaded;
    if ((asked || late) && this.video && this.language) void this.load();
    if (changed.has("now") && this.now !== null) follow(this.renderRoot, this.playing(this.now), this.playing(changed.get("now") ?? -1));
  }

  protected override render(): TemplateResult {
    const { rows, message, conflict, changed, proposal } = this.track;
    const marks = lint([...rows]);
    const count = marks.reduce((sum, some) => sum + some.length, 0);
    return html`<section class="card stack" aria-label=${t("subtitles_edit", { language: languageName(this.language) })}>
      ${this.head(marks)}
      <p class="small soft">${t("lint_count", { n: count })}</p>
      <div role="alert">${message ? html`<p class="note bad">${message}</p>` : nothing}</div>
      ${conflict
        ? asking("conflict", "conflict", ["conflict_theirs", () => this.load()], ["conflict_mine", () => this.saved(this.track.overwrite())])
        : nothing}
      ${this.leaving && changed ? leaving(this.leaving, () => (this.leaving = null)) : nothing}
      ${proposal ? this.proposed(proposal) : nothing}
      <ul class="plain" @focusin=${this.onFocus} @pointerdown=${this.onPointer} @click=${this.onClick}>
        ${repeat(
          rows,
          (cue) => cue.key,
          (cue, n) => this.line(cue, marks[n] ?? [], n === rows.length - 1),
        )}
      </ul>
    </section>`;
  }

  /** What stays in sight: undo and redo, a new cue, the next mark, and saving. */
  private head(marks: string[][]): TemplateResult {
    const { changed, conflict, saving, loaded, undoable, redoable } = this.track;
    const icon = (sign: string, name: Name, can: boolean, run: () => void) =>
      html`<button class="icon" title=${t(name)} aria-label=${t(name)} aria-disabled=${can ? "false" : "true"} @click=${run}>${sign}</button>`;
    return html`<h2>${t("subtitles_edit", { language: languageName(this.language) })}</h2>
      <div class="row spread head">
        <span class="row">
          ${icon("↶", "tool_undo", undoable, () => this.step("undo"))} ${icon("↷", "tool_redo", redoable, () => this.step("redo"))}
          <button ?disabled=${!loaded} @click=${this.onAdd}>${this.now === null ? t("cue_add") : t("cue_add_at", { time: clock(this.now) })}</button>
          <button aria-keyshortcuts="F8" title="F8" aria-disabled=${marks.some((some) => some.length) ? "false" : "true"} @click=${() => this.nextMark(marks)}>${t("lint_next")}</button>
        </span>
        <span class="row">
          <span class="badge ${changed ? "warn" : "good"}" role="status">${saving ? t("saving_saving") : changed ? t("saving_unsaved") : t("saving_saved")}</span>
          <button class="primary" ?disabled=${!changed || conflict || saving} @click=${() => this.saved(this.track.save())}>${t("save")}</button>
          <button @click=${this.onClose}>${t("close")}</button>
        </span>
        <span class="sr" role="status">${this.notice}</span>
      </div>`;
  }

  private proposed(proposal: Cue[]): TemplateResult {
    return html`<docreel-subtitle-proposal
      .cues=${this.track.rows}
      .proposal=${proposal}
      language=${this.language}
      ?unsaved=${this.track.changed}
      @docreel-take=${(event: CustomEvent<Cue>) => this.act(cues.replace(this.track.rows, event.detail), "cue_inserted", "")}
      @docreel-decide=${(event: CustomEvent<Decision>) => this.saved(this.track.decide(event.detail))}
    ></docreel-subtitle-proposal>`;
  }

  private line(cue: cues.Row, marks: string[], last: boolean): TemplateResult {
    const { key } = cue;
    const { now, language, track } = this;
    const plays = now !== null && cue.start <= now && now < cue.end;
    const does: Does = {
      change: (change) => this.apply(cues.changed(track.rows, key, change), "text" in change ? `text ${key}` : ""),
      typed: () => track.pause(),
      seek: () => this.tell("docreel-seek", cue.start),
      remove: () => this.act(cues.remove(track.rows, key), "cue_removed", "button[data-remove]"),
      insert: () => this.act(cues.insertAfter(track.rows, key), "cue_inserted"),
      split: () => this.act(cues.split(track.rows, key, this.cursor(key)), "cue_is_split"),
      merge: () => this.act(cues.merge(track.rows, key), "cue_merged"),
      begin: () => this.act(cues.beginAt(track.rows, key, now ?? 0), "cue_begins", ""),
      end: () => this.act(cues.endAt(track.rows, key, now ?? 0), "cue_ends", ""),
    };
    const active = this.active === key;
    const notice = active && this.failed ? this.notice : "";
    return cueLine(cue, { language, marks, refused: track.refused.get(key) ?? "", notice, plays, active, last, now }, does);
  }

  private playing(second: number): number | null {
    return this.track.rows.find((one) => one.start <= second && second < one.end)?.key ?? null;
  }

  private cursor(key: number): number {
    return this.renderRoot.querySelector<HTMLTextAreaElement>(`[data-key="${key}"] textarea`)?.selectionStart ?? 0;
  }

  private async load(): Promise<void> {
    this.active = -1;
    await this.track.load();
  }

  /** Tell who is around once it is stored; else go to the first cue that is refused. */
  private async saved(saving: Promise<boolean>): Promise<void> {
    if (await saving) {
      this.tell("docreel-saved", this.language);
      return;
    }
    const first = this.track.rows.find((one) => this.track.refused.has(one.key));
    if (first) this.goTo(first.key, "textarea");
  }

  private apply(rows: cues.Rows, tag = ""): void {
    this.held(() => this.track.apply(rows, tag));
  }

  /** Change the rows; one that moves to another place in the list would lose the focus. */
  private held(change: () => void): void {
    const held = this.shadowRoot?.activeElement;
    this.leaving = null;
    change();
    void this.updateComplete.then(() => {
      if (held instanceof HTMLElement && held.isConnected && this.shadowRoot?.activeElement !== held) held.focus();
    });
  }

  /** Do something to a cue, say so, and go on where it leads to: `what` is what is focused there. */
  private act({ rows, key }: cues.Done, said: Name, what = "textarea"): void {
    const row = (rows ?? this.track.rows).find((one) => one.key === key);
    this.failed = rows === null;
    this.notice = t(rows === null ? REASONS[said] ?? "cue_no_room" : said, { time: clock(row?.start ?? 0) });
    if (rows !== null) this.apply(rows);
    this.goTo(key, rows === null ? "" : what);
  }

  private step(to: "undo" | "redo"): void {
    this.held(() => {
      const differs = this.track.step(to);
      if (!differs) return;
      this.failed = false;
      this.notice = t(to === "undo" ? "undone" : "redone");
      this.goTo(differs.key, "");
    });
  }

  private nextMark(marks: string[][]): void {
    const { rows } = this.track;
    const at = rows.findIndex((one) => one.key === this.active);
    const next = [...rows.keys()].map((n) => (at + 1 + n) % rows.length).find((n) => marks[n]?.length) ?? -1;
    const row = rows[next];
    if (!row) return;
    this.failed = false;
    this.notice = `${clock(row.start)}: ${marks[next]?.join(", ")}`;
    this.goTo(row.key, "textarea");
  }

  /** Work on a cue: its buttons show, it is in view, and what is named there has the focus. */
  private goTo(key: number, what: string): void {
    if (key < 0) return;
    this.active = key;
    void this.updateComplete.then(() => focusLine(this.renderRoot, key, what));
  }

  private readonly onAdd = (): void => {
    const { rows } = this.track;
    this.act(this.now === null ? cues.append(rows) : cues.insertAt(rows, this.now), "cue_inserted");
  };

  /** Do what leads away from here; where something is unsaved, who edits is asked first. */
  leave(then: () => void): void {
    if (this.track.changed) this.leaving = then;
    else then();
  }

  private readonly onClose = (): void => this.leave(() => this.tell("docreel-close"));

  /** The buttons of the cue that has the focus show: not before a click is done, which they would push away. */
  private readonly onFocus = (event: FocusEvent): void => {
    if (!this.pointing) this.activate(event.target as Element);
  };

  private readonly onPointer = (): void => {
    this.pointing = true;
    clearTimeout(this.pointed);
    for (const end of LIFTED) window.addEventListener(end, this.onLift);
  };

  private readonly onLift = (): void => {
    this.lift();
    clearTimeout(this.pointed);
    this.pointed = window.setTimeout(() => {
      this.pointing = false;
      if (this.shadowRoot?.activeElement) this.activate(this.shadowRoot.activeElement);
    }, CLICK);
  };

  private lift(): void {
    for (const end of LIFTED) window.removeEventListener(end, this.onLift);
  }

  private readonly onClick = (event: MouseEvent): void => {
    const target = event.target as Element;
    // What these do leads on to another cue by itself.
    if (!target.closest(".actions, [data-remove]")) this.activate(target);
  };

  private activate(target: Element): void {
    const key = Number(target.closest<HTMLElement>("[data-key]")?.dataset["key"] ?? -1);
    if (key < 0) return;
    if (key !== this.active) this.failed = false;
    this.active = key;
  }

  /** Undo, redo and the next mark by keys, where they are not a text field's own and not another part's. */
  private readonly onKey = (event: KeyboardEvent): void => {
    const [target] = event.composedPath();
    const free = target === document.body || target instanceof HTMLMediaElement;
    if (event.defaultPrevented || !(free || event.composedPath().includes(this))) return;
    const key = event.key.toLowerCase();
    if (key === "f8") this.nextMark(lint([...this.track.rows]));
    else if (!(event.ctrlKey || event.metaKey) || event.altKey || textField(target)) return;
    else if (key === "y" || (key === "z" && event.shiftKey)) this.step("redo");
    else if (key === "z") this.step("undo");
    else return;
    event.preventDefault();
  };
}
