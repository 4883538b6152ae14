/** `<docreel-delete-video video="...">`: asks once more, then deletes a video with all that was made of it. */
import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { t } from "../texts/locale";

@customElement("docreel-delete-video")
export class DeleteVideo extends DocreelElement {
  /** The video's id. */
  @property() video = "";
  @state() private asking = false;
  @state() private error = "";

  protected override render(): TemplateResult {
    if (!this.asking) return html`<button class="quiet danger" @click=${() => (this.asking = true)}>${t("delete_video")}</button>`;
    return html`<div class="note warn stack" role="alert">
      <p>${this.error || t("delete_video_hint")}</p>
      <div class="row">
        <button class="danger" @click=${() => this.erase()}>${t("delete_video_sure")}</button>
        <button @click=${this.onKeep}>${t("delete_video_keep")}</button>
      </div>
    </div>`;
  }

  private readonly onKeep = (): void => {
    this.asking = false;
    this.error = "";
  };

  private async erase(): Promise<void> {
    try {
      await this.api.ask(`/api/videos/${this.video}`, { method: "DELETE" });
      this.tell("docreel-video-deleted", { videoId: this.video });
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
