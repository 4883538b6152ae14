/** `<docreel-account>`: the organizations that one belongs to, who else does, and the command's log-in. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import type { Schemas } from "../api/gateway";
import { t } from "../texts/locale";
import "./command-login";
import "./members";

@customElement("docreel-account")
export class Account extends DocreelElement {
  @state() private me: Schemas["Me"] | null = null;
  @state() private error = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  protected override render(): TemplateResult {
    if (this.error) return html`<p class="note bad" role="alert">${this.error}</p>`;
    const { me } = this;
    if (me === null) return html`<p class="soft" aria-busy="true">${t("loading")}</p>`;
    return html`<div class="stack">
      <h1>${t("nav_account")}</h1>
      ${me.email ? html`<p class="soft">${me.email}</p>` : nothing}
      ${me.organizations.map((one) => html`<docreel-members .organization=${one} .user=${me.user_id}></docreel-members>`)}
      <docreel-command-login></docreel-command-login>
    </div>`;
  }

  private async load(): Promise<void> {
    try {
      this.me = await this.api.get<Schemas["Me"]>("/api/me");
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}
