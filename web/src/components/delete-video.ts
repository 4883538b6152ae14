/** `<docreel-delete-video video="...">`: asks once more, then deletes a video with all that was made of it. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { focusOn } from "../focus";
import { t } from "../texts/locale";

@customElement("docreel-delete-video")
export class DeleteVideo extends DocreelElement {
  /** The video's id. */
  @property() video = "";
  @state() private asking = false;
  @state() private error = "";
  @query(".note") private question!: HTMLElement | null;
  @query("button") private button!: HTMLElement;

  protected override render(): TemplateResult {
    if (!this.asking) return html`<button class="quiet danger" @click=${this.onAsk}>${t("delete_video")}</button>`;
    return html`<div class="note warn stack" role="group" aria-labelledby="question" @keydown=${this.onKey}>
      <p id="question" role=${this.error ? "alert" : nothing}>${this.error || t("delete_video_hint")}</p>
      <div class="row">
        <button class="danger" @click=${() => this.erase()}>${t("delete_video_sure")}</button>
        <button @click=${this.onKeep}>${t("delete_video_keep")}</button>
      </div>
    </div>`;
  }

  private readonly onAsk = async (): Promise<void> => {
    this.asking = true;
    await this.updateComplete;
    focusOn(this.question);
    this.question?.scrollIntoView({ block: "nearest" });
  };

  private readonly onKeep = async (): Promise<void> => {
    this.asking = false;
    this.error = "";
    await this.updateComplete;
    this.button.focus();
  };

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") void this.onKeep();
  }

  private async erase(): Promise<void> {
    try {
      await this.api.ask(`/api/videos/${this.video}`, { method: "DELETE" });
      this.tell("docreel-video-deleted", { videoId: this.video });
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
