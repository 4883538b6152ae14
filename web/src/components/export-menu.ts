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
      }
      .menu summary {
        list-style: none;
      }
      .menu > div {
        position: absolute;
        inset-inline-end: 0;
        z-index: 2;
        display: grid;
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
      @media (max-width: 59.99rem) {
        .menu > div {
          inset-inline: 0 auto;
        }
      }
      /* Beside a phone's edge there is no room: it opens where it stands. */
      @media (max-width: 40rem) {
        .menu > div {
          position: static;
          box-shadow: none;
        }
      }
    `,
  ];

  /** The video's id. */
  @property() video = "";
  /** What the files are called. */
  @property() name = "";
  @property() language = "";
  /** Whether there are subtitles in this language. */
  @property({ type: Boolean }) subtitled = false;
  @state() private busy = false;
  @query("details") private menu!: HTMLDetailsElement;

  protected override render(): TemplateResult {
    const entry = (name: string, path: string, file: string) =>
      html`<button class="quiet" ?disabled=${this.busy} @click=${() => this.take(path, file)}>${name}</button>`;
    const { language } = this;
    return html`<details class="menu" @keydown=${this.onKey} @focusout=${this.onLeave}>
      <summary class="button">${t("export")}</summary>
      <div class="card">
        ${entry(t("export_zip"), "export.zip", "zip")}
        ${entry(t("export_zip_language", { language: languageName(language) }), `export.zip?language=${language}`, `${language}.zip`)}
        ${DOCUMENTS.map((kind) => entry(t(`export_${kind}`), `document.${kind}?language=${language}`, `${language}.${kind}`))}
        ${this.subtitled
          ? html`${entry(t("export_vtt"), `subtitles/${language}.vtt`, `${language}.vtt`)} ${entry(t("export_srt"), `subtitles/${language}.srt`, `${language}.srt`)}`
          : nothing}
      </div>
    </details>`;
  }

  private async take(path: string, ending: string): Promise<void> {
    this.busy = true;
    try {
      await save(this.api, `/api/videos/${this.video}/${path}`, `${fileName(this.name)}.${ending}`);
      this.tell("docreel-refused", "");
    } catch (error) {
      this.tell("docreel-refused", (error as Error).message);
    }
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
