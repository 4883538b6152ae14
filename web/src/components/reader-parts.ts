/** What stands around the articles: which languages are read, and the list of chapters. */
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { clock, languageName, t } from "../texts/locale";

/** A line in the list of chapters; its start in seconds. */
export interface Entry {
  start: number;
  title: string;
  language: string;
  plays: boolean;
  show: () => void;
}

/** The language that is read and, where there are several, the one beside it; `""`: none. */
export function languageSelects(
  languages: string[],
  language: string,
  beside: string,
  does: { read: (tag: string) => void; beside: (tag: string) => void },
): TemplateResult {
  // Whatever was chosen by hand, what shows is what holds.
  const option = (tag: string, chosen: string) => html`<option value=${tag} .selected=${live(tag === chosen)}>${languageName(tag)}</option>`;
  const options = (tags: string[], chosen: string) => repeat(tags, (tag) => tag, (tag) => option(tag, chosen));
  return html`<label class="small"
      >${t("language")}
      <select data-control="language" @change=${(event: Event) => does.read(value(event))}>
        ${options(languages, language)}
      </select></label
    >
    ${languages.length > 1
      ? html`<label class="small"
          >${t("beside")}
          <select data-control="beside" @change=${(event: Event) => does.beside(value(event))}>
            <option value="" .selected=${live(!beside)}>${t("beside_none")}</option>
            ${options(languages.filter((tag) => tag !== language), beside)}
          </select></label
        >`
      : nothing}`;
}

/** The chapters, each to be shown. */
export function contents(entries: Entry[]): TemplateResult | typeof nothing {
  if (entries.length === 0) return nothing;
  return html`<nav aria-label=${t("chapters")} class="chapters">
    <ul class="plain">
      ${entries.map(
        (one) => html`<li>
          <button class="quiet ${one.plays ? "now" : ""}" aria-current=${one.plays ? "true" : nothing} @click=${one.show}>
            <span class="soft small">${clock(one.start)}</span> <span lang=${one.language || nothing} dir="auto">${one.title}</span>
          </button>
        </li>`,
      )}
    </ul>
  </nav>`;
}

function value(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}
