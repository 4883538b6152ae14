/** `<docreel-language-picker>`: languages chosen by name, with a search through what there is. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { languageName, t } from "../texts/locale";

// What is offered where the engine translates to any language.
const COMMON =
  "ar bg bn ca cs da de el en es es-MX et eu fa fi fr fr-CA gl gu he hi hr hu id it ja kn ko lt lv ml mr ms nb nl pa pl pt pt-BR ro ru sk sl sr sv sw ta te th tr uk ur vi zh-Hans zh-Hant".split(
    " ",
  );

@customElement("docreel-language-picker")
export class LanguagePicker extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      .list {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
        gap: 0.15rem 0.75rem;
        max-height: 13rem;
        margin-top: 0.5rem;
        overflow-y: auto;
      }
      .list label {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 2.25rem;
        padding: 0.1rem 0.4rem;
        border-radius: 6px;
        font-weight: 450;
        cursor: pointer;
      }
      .list label:hover {
        background: var(--_sunk);
      }
      input[type="checkbox"] {
        inline-size: 1.1rem;
        block-size: 1.1rem;
        accent-color: var(--_accent);
        flex: none;
      }
      .chips {
        margin-top: 0.6rem;
      }
      .chips button {
        min-height: 2rem;
        padding: 0.1rem 0.7rem;
        border-radius: 2rem;
        background: var(--_wash);
        font-size: 0.9rem;
      }
    `,
  ];

  /** What can be chosen, as BCP 47 tags; null: any of the common ones. */
  @property({ attribute: false }) offered: string[] | null = null;
  /** What the video speaks already. */
  @property() source = "";
  @property({ attribute: false }) chosen: string[] = [];
  @state() private search = "";

  protected override render(): TemplateResult {
    const all = (this.offered ?? COMMON)
      .filter((tag) => tag !== this.source)
      .map((tag) => ({ tag, name: languageName(tag) }))
      .sort((a, b) => a.name.localeCompare(b.name));
    const wanted = plain(this.search);
    const found = all.filter(({ tag, name }) => plain(`${name} ${tag}`).includes(wanted));
    return html`
      ${all.length > 8 || this.search
        ? html`<input
            type="search"
            aria-label=${t("languages_search")}
            placeholder=${t("languages_search")}
            .value=${this.search}
            @input=${(event: Event) => (this.search = (event.target as HTMLInputElement).value)}
          />`
        : nothing}
      <div class="list" role="group" aria-label=${t("languages")} tabindex="-1">
        ${found.map(
          ({ tag, name }) => html`<label
            ><input
              type="checkbox"
              value=${tag}
              .checked=${this.chosen.includes(tag)}
              @change=${() => this.toggle(tag)}
            />${name}</label
          >`,
        )}
        ${found.length === 0 ? html`<p class="soft">${t("languages_none")}</p>` : nothing}
      </div>
      ${this.chosen.length
        ? html`<div class="row chips">
            ${this.chosen.map(
              (tag) => html`<button
                type="button"
                aria-label=${t("languages_remove", { language: languageName(tag) })}
                @click=${() => this.toggle(tag)}
              >
                ${languageName(tag)} <span aria-hidden="true">×</span>
              </button>`,
            )}
          </div>`
        : nothing}
    `;
  }

  private toggle(tag: string): void {
    this.chosen = this.chosen.includes(tag)
      ? this.chosen.filter((other) => other !== tag)
      : [...this.chosen, tag];
    this.tell("docreel-languages", this.chosen);
  }
}

/** Without accents and case, as people type. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
