/** `<docreel-login>`: an address and a password, where the gateway has accounts. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { logIn } from "../session";
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
  @state() private busy = false;

  protected override render(): TemplateResult {
    return html`<form class="card stack" @submit=${this.onSubmit}>
      <h1>${t("log_in")}</h1>
      <div><label for="email">${t("email")}</label><input id="email" name="email" type="email" autocomplete="username" required /></div>
      <div><label for="password">${t("password")}</label><input id="password" name="password" type="password" autocomplete="current-password" required /></div>
      <div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>
      <div><button class="primary" ?disabled=${this.busy}>${t("log_in")}</button></div>
    </form>`;
  }

  private async onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    this.busy = true;
    this.error = "";
    try {
      await logIn(String(data.get("email")), String(data.get("password")));
      this.tell("docreel-logged-in");
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.busy = false;
  }
}
