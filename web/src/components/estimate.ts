/** `<docreel-estimate>`: about what videos will cost, before anything is spent; nothing where nothing is paid. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Schemas } from "../api/gateway";
import { DocreelElement } from "../element";
import { duration, money, t } from "../texts/locale";
import { length } from "../uploads/length";

@customElement("docreel-estimate")
export class Estimate extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      /* A live region has to be there before it speaks, and takes no room until then. */
      :host([silent]) {
        position: absolute;
      }
    `,
  ];

  @property({ attribute: false }) files: File[] = [];
  /** What they are translated to (BCP 47). */
  @property({ attribute: false }) languages: string[] = [];
  @state() private told: Schemas["Estimate"] | null = null;
  private turn = 0; // of answers that overtake each other the last one asked for holds
  private lengths = new WeakMap<File, number | null>();

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("files") || changed.has("languages")) void this.ask();
  }

  protected override render(): TemplateResult {
    const cost = this.told?.cost ?? 0;
    this.toggleAttribute("silent", cost === 0);
    return html`<p class="small" role="status">
      ${this.told && cost > 0 ? t("estimate", { cost: money(cost), time: duration(this.told.seconds), engine: this.told.engine ?? "" }) : nothing}
    </p>`;
  }

  private async ask(): Promise<void> {
    const turn = ++this.turn;
    const found = await Promise.all(this.files.map((file) => this.lengthOf(file)));
    // Of what no length is known nothing can be said, and a part of the sum would mislead.
    const seconds = found.some((one) => one === null) ? 0 : found.reduce<number>((sum, one) => sum + (one ?? 0), 0);
    if (turn !== this.turn) return;
    const query = new URLSearchParams([["seconds", String(seconds)], ...this.languages.map((tag) => ["languages", tag])]);
    const told = seconds > 0 ? await this.api.get<Schemas["Estimate"]>(`/api/estimate?${query}`).catch(() => null) : null;
    if (turn === this.turn) this.told = told;
  }

  private async lengthOf(file: File): Promise<number | null> {
    if (!this.lengths.has(file)) this.lengths.set(file, await length(file));
    return this.lengths.get(file) ?? null;
  }
}
