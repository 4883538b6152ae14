/** `<docreel-command-login>`: hands this session over to the `docreel` command. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { handOver } from "../session";
import { t } from "../texts/locale";

@customElement("docreel-command-login")
export class CommandLogin extends DocreelElement {
  @state() private asking = false;

  protected override render(): TemplateResult {
    return html`<section class="card stack" aria-label=${t("command_title")}>
      <h2>${t("command_title")}</h2>
      <p>${t("command_password")}</p>
      <pre><code>docreel login --url ${location.origin}</code></pre>
      <p>${t("command_token")}</p>
      ${this.asking
        ? html`<div class="row">
            <button class="primary" @click=${() => handOver()}>${t("command_hand_over")}</button>
            <button @click=${() => (this.asking = false)}>${t("cancel")}</button>
          </div>`
        : html`<div><button @click=${() => (this.asking = true)}>${t("command_hand_over")}</button></div>`}
      ${this.asking ? html`<p class="note warn" role="status">${t("command_warning")}</p>` : nothing}
    </section>`;
  }
}
