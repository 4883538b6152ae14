/** `<docreel-welcome>`: what somebody does who has logged in and belongs to no organization yet. */
import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { DocreelElement } from "../element";
import type { Schemas } from "../api/gateway";
import { signUpKind } from "../session";
import { t } from "../texts/locale";

@customElement("docreel-welcome")
export class Welcome extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      :host {
        max-width: 34rem;
        margin: clamp(0rem, 8vh, 5rem) auto 0;
      }
    `,
  ];

  @property({ attribute: false }) me!: Schemas["Me"];

  protected override render(): TemplateResult {
    const who = this.me.email ?? this.me.user_id;
    const kind = signUpKind();
    const text =
      kind === "invited" ? t("nowhere_invited", { email: who }) : kind === "closed" ? t("nowhere_closed", { id: this.me.user_id }) : t("nowhere_own");
    return html`<section class="card stack">
      <h1>${t("nowhere_title")}</h1>
      <p>${text}</p>
      <div><button class="primary" @click=${() => this.tell("docreel-look-again")}>${t("look_again")}</button></div>
    </section>`;
  }
}
