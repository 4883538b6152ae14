/** `<docreel-process-again>`: a person has given blocks back to the machine: the next job translates them. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Schemas } from "../api/gateway";
import { DocreelElement } from "../element";
import { t } from "../texts/locale";

@customElement("docreel-process-again")
export class ProcessAgain extends DocreelElement {
  /** The video's id. */
  @property() video = "";
  /** What it is translated to (BCP 47). */
  @property({ attribute: false }) languages: string[] = [];
  @state() private error = "";

  protected override render(): TemplateResult {
    return html`<div class="note warn row spread" data-again>
      <span>${t("process_again_hint")}</span>
      <button @click=${() => this.start()}>${t("process_again")}</button>
      ${this.error ? html`<span role="alert">${this.error}</span>` : nothing}
    </div>`;
  }

  private async start(): Promise<void> {
    try {
      const wish = { videoId: this.video, languages: this.languages };
      const { jobId } = await this.api.post<Schemas["Accepted"]>("/api/videos/process", wish);
      this.tell("docreel-job-started", { jobId });
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
