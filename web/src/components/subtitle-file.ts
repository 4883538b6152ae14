/** `<docreel-subtitle-file video="...">`: the subtitle file that somebody gave with a video. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Schemas } from "../api/gateway";
import { DocreelElement } from "../element";
import { languageName, t } from "../texts/locale";
import { chooseSubtitles } from "../uploads/subtitles";
import { save } from "./downloads";

@customElement("docreel-subtitle-file")
export class SubtitleFile extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      section {
        margin-block-start: 1rem;
      }
      p {
        overflow-wrap: anywhere;
      }
    `,
  ];

  /** The video's id. */
  @property() video = "";
  /** What the video has. */
  @property({ attribute: false }) file: Schemas["SubtitleFile"] | null = null;
  /** What it is translated to: processed again, it is so again. */
  @property({ attribute: false }) languages: string[] = [];
  /** Whether no job runs: while one does, the file stays as it is. */
  @property({ type: Boolean }) idle = false;
  @state() private error = "";
  @state() private busy = false;
  @state() private changed = false; // since the video was processed, as far as is known here

  protected override render(): TemplateResult {
    const { file, idle, busy } = this;
    return html`<section class="stack" aria-label=${t("subtitle_file")}>
      <p class="small">${file ? this.told(file) : html`<span class="soft">${t("subtitle_file_none")}</span>`}</p>
      <div class="row">
        ${file ? html`<button @click=${() => this.attempt(() => save(this.api, this.path, file.filename))}>${t("subtitle_file_save")}</button>` : nothing}
        ${idle
          ? html`<button ?disabled=${busy} @click=${() => chooseSubtitles((chosen) => this.attempt(() => this.give(chosen)))}>${file ? t("subtitle_file_replace") : t("subtitle_file_add")}</button>
              ${file ? html`<button class="quiet danger" ?disabled=${busy} @click=${() => this.attempt(() => this.takeAway())}>${t("subtitle_file_remove")}</button>` : nothing}`
          : nothing}
      </div>
      <div role="status">
        ${this.changed && idle
          ? html`<div class="note warn row spread"><span>${t("subtitle_file_again")}</span> <button @click=${() => this.attempt(() => this.process())}>${t("process_again")}</button></div>`
          : nothing}
      </div>
      <div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>
    </section>`;
  }

  private told(file: Schemas["SubtitleFile"]): string {
    const language = file.language ? ` (${languageName(file.language)})` : "";
    return t("subtitle_file_of", { file: `${file.filename}${language}`, n: file.cues });
  }

  private get path(): string {
    return `/api/videos/${this.video}/subtitle-file`;
  }

  private async give(chosen: File): Promise<void> {
    this.note(await this.api.give(this.video, chosen));
  }

  private async takeAway(): Promise<void> {
    await this.api.ask(this.path, { method: "DELETE" });
    this.note(null);
  }

  private note(file: Schemas["SubtitleFile"] | null): void {
    this.file = file;
    this.changed = true;
    this.tell("docreel-subtitle-file", file);
  }

  private async process(): Promise<void> {
    const { jobId } = await this.api.post<Schemas["Accepted"]>("/api/videos/process", { videoId: this.video, languages: this.languages });
    this.changed = false;
    this.tell("docreel-job-started", { jobId });
  }

  private async attempt(deed: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await deed();
      this.error = "";
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.busy = false;
  }
}
