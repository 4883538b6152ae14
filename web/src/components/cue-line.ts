/** A line of the subtitles' editor: a cue's times and text, its marks, and what can be done with it. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { Cue } from "../api/gateway";
import { clock, direction, t } from "../texts/locale";
import type { Row } from "./cues";

/** How a line stands. */
export interface Standing {
  language: string;
  marks: string[];
  /** Why it could not be saved, or could not be done; empty: nothing is wrong. */
  refused: string;
  notice: string;
  plays: boolean;
  /** Whether it is the one that is worked on: only there its buttons show. */
  active: boolean;
  last: boolean;
  /** The second that plays; null: nothing plays. */
  now: number | null;
}

/** What a line asks for. */
export interface Does {
  change: (change: Partial<Cue>) => void;
  typed: () => void;
  seek: () => void;
  remove: () => void;
  insert: () => void;
  split: () => void;
  merge: () => void;
  begin: () => void;
  end: () => void;
}

export function cueLine(cue: Row, standing: Standing, does: Does): TemplateResult {
  const { language, marks, refused, plays, active } = standing;
  const at = clock(cue.start);
  const told = marks.length > 0 || refused !== "";
  const wrong = refused ? "true" : nothing;
  const time = (name: string, value: number, set: (value: number) => void) =>
    html`<input type="number" step="0.1" min="0" aria-label="${name} ${at}" .value=${live(value.toFixed(2))} @change=${(event: Event) => set(amount(event, value))} />`;
  return html`<li class=${plays ? "now" : ""} data-key=${cue.key}>
    <div class="times">
      ${time(t("cue_start"), cue.start, (start) => does.change({ start }))} ${time(t("cue_end"), cue.end, (end) => does.change({ end }))}
    </div>
    <div>
      <textarea
        rows="2"
        maxlength="2000"
        lang=${language}
        dir=${direction(language)}
        aria-label="${t("cue_text")} ${at}"
        aria-describedby=${told ? `marks-${cue.key}` : nothing}
        aria-invalid=${wrong}
        .value=${cue.text}
        @input=${(event: Event) => does.change({ text: (event.target as HTMLTextAreaElement).value })}
        @change=${does.typed}
      ></textarea>
      ${told
        ? html`<div class="marks" id="marks-${cue.key}">
            ${refused ? html`<span class="badge bad" data-refused>${refused}</span>` : nothing}
            ${marks.map((one) => html`<span class="badge warn">${one}</span>`)}
          </div>`
        : nothing}
    </div>
    <div class="side">
      <button aria-label=${t("play_from", { time: at })} @click=${does.seek}>▶</button>
      <button class="quiet danger" data-remove aria-label="${t("cue_remove")} ${at}" @click=${does.remove}>✕</button>
    </div>
    ${active ? actions(at, standing, does) : nothing}
  </li>`;
}

function actions(at: string, { now, last, notice }: Standing, does: Does): TemplateResult {
  // The name that is read out begins with the one that is seen.
  const button = (name: string, run: () => void, hint = name) =>
    html`<button class="small" title=${hint} aria-label="${hint}: ${at}" @click=${run}>${name}</button>`;
  return html`<div class="actions" role="group" aria-label="${t("cue_actions")} ${at}">
    ${button(t("cue_insert"), does.insert)} ${button(t("cue_split"), does.split, t("cue_split_hint"))}
    ${last ? nothing : button(t("cue_merge"), does.merge, t("cue_merge_hint"))}
    ${now === null ? nothing : html`${button(t("cue_begin_now"), does.begin)} ${button(t("cue_end_now"), does.end)}`}
    ${notice ? html`<span class="small notice" aria-hidden="true">${notice}</span>` : nothing}
  </div>`;
}

function amount(event: Event, before: number): number {
  const value = (event.target as HTMLInputElement).valueAsNumber;
  return Number.isFinite(value) ? Math.max(0, value) : before;
}
