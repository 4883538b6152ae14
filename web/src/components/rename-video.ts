/** `<docreel-rename-video video="..." name="...">`: another title for a video. */
import { css, html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { t } from "../texts/locale";

@customElement("docreel-rename-video")
export class RenameVideo extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      form {
        display: grid;
        gap: 0.5rem;
      }
    `,
  ];

  /** The video's id. */
  @property() video = "";
  /** Its title. */
  @property() name = "";
  @state() private naming = false;
  @state() private error = "";
  @query("input") private input!: HTMLInputElement;
  @query("button") private button!: HTMLButtonElement;

  protected override render(): TemplateResult {
    if (!this.naming) return html`<button class="quiet" @click=${this.onOpen}>${t("rename_video")}</button>`;
    return html`<form class="card" @submit=${this.onSubmit} @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.close()}>
      <label for="title">${t("upload_title")}</label>
      <input id="title" required maxlength="500" .value=${this.name} />
      <div role="alert">${this.error}</div>
      <div class="row">
        <button class="primary">${t("save")}</button>
        <button type="button" @click=${() => this.close()}>${t("close")}</button>
      </div>
    </form>`;
  }

  private readonly onOpen = async (): Promise<void> => {
    this.naming = true;
    await this.updateComplete;
    this.input.select();
  };

  private async close(): Promise<void> {
    this.naming = false;
    this.error = "";
    await this.updateComplete;
    this.button.focus();
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    try {
      await this.api.ask(`/api/videos/${this.video}`, { method: "PATCH", body: { title: this.input.value.trim() } });
      this.tell("docreel-video-renamed", { videoId: this.video });
      await this.close();
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
