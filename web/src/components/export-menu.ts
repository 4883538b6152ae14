/** `<docreel-export-menu video="...">`: what was made of a video, to take along. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { languageName, t } from "../texts/locale";
import { fileName, save } from "./downloads";

const DOCUMENTS = ["html", "docx", "pdf"] as const;

@customElement("docreel-export-menu")
export class ExportMenu extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      .menu {
        position: relative;
        width: fit-content;
      }
      .menu summary {
        list-style: none;
      }
      .menu > div {
        position: absolute;
        inset-inline-start: 0;
        z-index: 3; /* above the film that stays in sight */
        display: grid;
        width: max-content;
        min-width: 16rem;
        max-width: 80vw;
        padding: 0.4rem;
        margin-top: 0.25rem;
        box-shadow: 0 8px 24px rgb(0 0 0 / 20%);
      }
      .menu button {
        justify-content: start;
        text-align: start;
      }
      .menu.end > div {
        inset-inline: auto 0;
      }
    `,
  ];

  /** The video's id. */
  @property() video = "";
  /** What the files are called. */
  @property() name = "docreel";
  /** The language of what is offered beside everything (BCP 47); empty: none is. */
  @property() language = "";
  /** Whether there are subtitles in this language. */
  @property({ type: Boolean }) subtitled = false;
  @state() private busy = false;
  @state() private refused = "";
  @query("details") private menu!: HTMLDetailsElement;

  protected override render(): TemplateResult {
    const entry = (name: string, path: string, file: string) =>
      html`<button class="quiet" ?disabled=${this.busy} @click=${() => this.take(path, file)}>${name}</button>`;
    const { language } = this;
    return html`<details class="menu" @toggle=${this.onToggle} @keydown=${this.onKey} @focusout=${this.onLeave}>
      <summary class="button">${t("export")}</summary>
      <div class="card">
        ${entry(t("export_zip"), "export.zip", "zip")}
        ${language
          ? html`${entry(t("export_zip_language", { language: languageName(language) }), `export.zip?language=${language}`, `${language}.zip`)}
            ${DOCUMENTS.map((kind) => entry(t(`export_${kind}`), `document.${kind}?language=${language}`, `${language}.${kind}`))}`
          : nothing}
        ${language && this.subtitled
          ? html`${entry(t("export_vtt"), `subtitles/${language}.vtt`, `${language}.vtt`)} ${entry(t("export_srt"), `subtitles/${language}.srt`, `${language}.srt`)}`
          : nothing}
      </div>
    </details>
    <div role="alert">${this.refused ? html`<p class="note bad">${this.refused}</p>` : nothing}</div>`;
  }

  /** Open to where there is room: who embeds it puts it anywhere. */
  private readonly onToggle = (): void => {
    const { menu } = this;
    menu.classList.remove("end");
    const { left, right } = (menu.lastElementChild as Element).getBoundingClientRect();
    menu.classList.toggle("end", left < 0 || right > document.documentElement.clientWidth);
  };

  private async take(path: string, ending: string): Promise<void> {
    this.busy = true;
    let message = "";
    try {
      await save(this.api, `/api/videos/${this.video}/${path}`, `${fileName(this.name)}.${ending}`);
    } catch (error) {
      message = (error as Error).message;
    }
    const told = new CustomEvent("docreel-refused", { detail: message, bubbles: true, composed: true, cancelable: true });
    this.refused = this.dispatchEvent(told) ? message : "";
    this.busy = false;
    this.close();
  }

  /** Close it; who was in it is at its button again. */
  private close(): void {
    const within = this.shadowRoot?.activeElement;
    this.menu.open = false;
    if (within) this.menu.querySelector("summary")?.focus();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.menu.open) this.close();
  }

  /** Left open it would lie over what has the focus then. */
  private onLeave(event: FocusEvent): void {
    if (event.relatedTarget && !this.menu.contains(event.relatedTarget as Node)) this.menu.open = false;
  }
}
