/** `<docreel-login>`: an address and a password, where the gateway has accounts; or a new account. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { logIn, signUp, signUpKind } from "../session";
import { t } from "../texts/locale";

@customElement("docreel-login")
export class Login extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      :host {
        max-width: 26rem;
        margin: clamp(0rem, 8vh, 5rem) auto 0;
      }
    `,
  ];

  @state() private error = "";
  @state() private told = "";
  @state() private busy = false;
  @state() private fresh = false; // somebody makes an account

  protected override render(): TemplateResult {
    const open = signUpKind() !== "closed";
    const title = this.fresh ? t("sign_up") : t("log_in");
    return html`<form class="card stack" @submit=${this.onSubmit}>
      <h1>${title}</h1>
      ${this.fresh ? html`<p class="soft">${signUpKind() === "invited" ? t("sign_up_invited") : t("sign_up_own")}</p>` : nothing}
      <div><label for="email">${t("email")}</label><input id="email" name="email" type="email" autocomplete="username" required /></div>
      <div><label for="password">${t("password")}</label><input id="password" name="password" type="password" autocomplete=${this.fresh ? "new-password" : "current-password"} required /></div>
      <div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>
      <div role="status">${this.told ? html`<p class="note">${this.told}</p>` : nothing}</div>
      <div class="row">
        <button class="primary" ?disabled=${this.busy}>${title}</button>
        ${open ? html`<button type="button" @click=${this.onOther}>${this.fresh ? t("have_account") : t("sign_up")}</button>` : nothing}
      </div>
    </form>`;
  }

  private onOther(): void {
    this.fresh = !this.fresh;
    this.error = this.told = "";
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [email, password] = [String(data.get("email")), String(data.get("password"))];
    this.busy = true;
    this.error = this.told = "";
    try {
      if (!this.fresh) await logIn(email, password);
      else if (!(await signUp(email, password))) {
        this.fresh = false;
        this.told = t("confirm_first", { email });
      }
      if (!this.told) this.tell("docreel-logged-in");
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.busy = false;
  }
}
