/** `<docreel-subtitle-proposal>`: what a machine heard later than the cues that a person edited, to take or to dismiss. */
import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Cue } from "../api/gateway";
import { DocreelElement } from "../element";
import { clock, direction, t } from "../texts/locale";
import { overlap } from "./cues";

/** A cue of the proposal that differs from what stands, and the texts that stand in its time. */
interface Difference {
  cue: Cue;
  standing: string;
}

@customElement("docreel-subtitle-proposal")
export class SubtitleProposal extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      li {
        display: grid;
        grid-template-columns: 4.5rem minmax(0, 1fr) minmax(0, 1fr) auto;
        gap: 0.5rem;
        align-items: start;
        padding: 0.5rem 0;
        border-top: 1px solid var(--_line);
        white-space: pre-line;
      }
      ul {
        max-height: 24rem;
        overflow: auto;
      }
      @media (max-width: 40rem) {
        li {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  /** The cues as they stand in the editor. */
  @property({ attribute: false }) cues: Cue[] = [];
  /** The cues that the machine heard. */
  @property({ attribute: false }) proposal: Cue[] = [];
  /** What the texts are in (BCP 47). */
  @property() language = "";
  /** Whether edits are unsaved: what is decided for all would lose them. */
  @property({ type: Boolean }) unsaved = false;

  protected override render(): TemplateResult {
    const found = differences(this.cues, this.proposal);
    return html`<details class="note warn" data-proposal>
      <summary>${t("proposal_cues", { n: found.length })}</summary>
      <p class="small">${t("proposal_cues_hint")}</p>
      <ul class="plain" tabindex="0" aria-label=${t("proposal_cues", { n: found.length })}>
        ${found.map((one) => this.line(one))}
      </ul>
      <div class="row">
        <button ?disabled=${this.unsaved} @click=${() => this.tell("docreel-decide", "accept")}>${t("proposal_cues_accept")}</button>
        <button ?disabled=${this.unsaved} @click=${() => this.tell("docreel-decide", "dismiss")}>${t("proposal_cues_dismiss")}</button>
      </div>
    </details>`;
  }

  private line({ cue, standing }: Difference): TemplateResult {
    const at = clock(cue.start);
    const text = (words: string) => html`<span lang=${this.language} dir=${direction(this.language)}>${words || "–"}</span>`;
    return html`<li>
      <span class="small soft">${at}</span>
      <del class="soft">${text(standing)}</del>
      <ins>${text(cue.text)}</ins>
      <button aria-label="${t("proposal_cue_take")} ${at}" @click=${() => this.tell("docreel-take", cue)}>${t("proposal_cue_take")}</button>
    </li>`;
  }
}

/** Return the proposed cues that do not stand yet, each with the cues that share its time. */
export function differences(cues: Cue[], proposal: Cue[]): Difference[] {
  return proposal
    .map((cue) => ({ cue, around: cues.filter((one) => overlap(one, cue)) }))
    .filter(({ cue, around }) => !around.some((one) => one.text === cue.text && Math.abs(one.start - cue.start) < 0.01))
    .map(({ cue, around }) => ({ cue, standing: around.map((one) => one.text).join("\n") }));
}
