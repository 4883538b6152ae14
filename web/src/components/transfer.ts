/** `<docreel-transfer>`: one upload, how fast it goes, and afterwards its job. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { bytes, duration, percent, t } from "../texts/locale";
import type { Transfer } from "../uploads/transfer";
import "./job-progress";

@customElement("docreel-transfer")
export class TransferRow extends DocreelElement {
  @property({ attribute: false }) transfer!: Transfer;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("transfer")) return;
    changed.get("transfer")?.removeEventListener("change", this.onChange);
    this.transfer.addEventListener("change", this.onChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.transfer?.removeEventListener("change", this.onChange);
  }

  protected override render(): TemplateResult {
    const { phase, jobId, kept, sent, error } = this.transfer;
    const bad = phase === "failed" || phase === "refused";
    if (jobId !== null) {
      return html`<docreel-job-progress gateway=${this.gateway} token=${this.token} job=${jobId}></docreel-job-progress>`;
    }
    const share = Math.min(1, sent / kept.size);
    return html`<article class="card stack" data-phase=${phase}>
      <div class="row spread">
        <h2>${kept.title}</h2>
        <span class="badge ${bad ? "bad" : phase === "lost" ? "warn" : ""}">${this.state()}</span>
      </div>
      <div
        class="bar ${bad ? "bad" : ""}"
        role="progressbar"
        aria-label=${t("upload_progress", { title: kept.title })}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(share * 100)}
      >
        <span style="width:${share * 100}%"></span>
      </div>
      <div class="row spread small soft">
        <span>${this.pace(share)}</span>
        <span class="row">${this.buttons()}</span>
      </div>
      ${phase === "lost" ? html`<p class="note warn">${t("upload_lost", { file: kept.filename })}</p>` : nothing}
      <div role="alert">${error && bad ? html`<p class="note bad">${error}</p>` : nothing}</div>
    </article>`;
  }

  private state(): string {
    return t(`phase_${this.transfer.phase}`);
  }

  private pace(share: number): string {
    const { phase, speed, left, kept, sent } = this.transfer;
    const parts = [percent(share), t("upload_of", { sent: bytes(sent), size: bytes(kept.size) })];
    if (phase === "sending" && speed.current > 0) {
      parts.push(t("upload_speed", { speed: bytes(speed.current) }));
      if (left !== null) parts.push(t("time_left", { time: duration(left) }));
    }
    return parts.join(" · ");
  }

  private buttons(): TemplateResult {
    const { phase, file } = this.transfer;
    const title = this.transfer.kept.title;
    const again = ["paused", "failed"].includes(phase) && file !== null;
    return html`
      ${phase === "sending"
        ? html`<button aria-label=${`${t("pause")}: ${title}`} @click=${() => this.transfer.pause()}>${t("pause")}</button>`
        : nothing}
      ${again
        ? html`<button aria-label=${`${t("resume")}: ${title}`} @click=${() => void this.transfer.start()}>${t("resume")}</button>`
        : nothing}
      ${["starting", "elsewhere", "discarding"].includes(phase)
        ? nothing
        : html`<button class="quiet" aria-label=${`${t("discard")}: ${title}`} @click=${() => void this.transfer.discard()}>${t("discard")}</button>`}
    `;
  }

  private readonly onChange = (): void => this.requestUpdate();
}
