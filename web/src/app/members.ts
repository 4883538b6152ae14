/** `<docreel-members>`: who belongs to an organization, and for its owners, whom they invite. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import type { Schemas } from "../api/gateway";
import { signUpKind } from "../session";
import { t } from "../texts/locale";

type Member = Schemas["Member"];
type Invitation = Schemas["Invitation"];
const ROLES = ["viewer", "writer", "owner"] as const;

@customElement("docreel-members")
export class Members extends DocreelElement {
  @property({ attribute: false }) organization!: Schemas["Membership"];
  @property({ attribute: false }) user = "";
  @state() private members: Member[] = [];
  @state() private invitations: Invitation[] = [];
  @state() private error = "";
  @state() private told = "";

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("organization")) void this.done(async () => undefined);
  }

  protected override render(): TemplateResult {
    return html`<section class="card stack" aria-label=${this.organization.name}>
      <h2>${this.organization.name}</h2>
      <ul class="plain stack">
        ${this.members.map((one) => this.member(one))} ${this.invitations.map((one) => this.invitation(one))}
      </ul>
      <div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>
      <div role="status">${this.told ? html`<p class="note">${this.told}</p>` : nothing}</div>
      ${this.owner && signUpKind() !== "closed" ? this.form() : nothing}
    </section>`;
  }

  private get owner(): boolean {
    return this.organization.role === "owner";
  }

  private get path(): string {
    return `/api/organizations/${this.organization.id}`;
  }

  private member(one: Member): TemplateResult {
    const name = one.email ?? one.user_id;
    const mine = one.user_id === this.user;
    return html`<li class="row spread">
      <span>${name} ${mine ? html`<span class="soft">${t("member_you")}</span>` : nothing}</span>
      <span class="row">
        ${this.owner && !mine
          ? html`<select aria-label=${t("member_role", { name })} @change=${(event: Event) => this.change(one, (event.target as HTMLSelectElement).value)}>
                ${ROLES.map((role) => html`<option value=${role} ?selected=${role === one.role}>${t(`role_${role}`)}</option>`)}
              </select>
              <button aria-label=${t("member_remove", { name })} @click=${() => this.done(() => this.api.ask(`${this.path}/members/${one.user_id}`, { method: "DELETE" }))}>${t("remove")}</button>`
          : html`<span class="soft">${t(`role_${one.role}`)}</span>`}
      </span>
    </li>`;
  }

  private invitation(one: Invitation): TemplateResult {
    return html`<li class="row spread">
      <span>${one.email} <span class="soft">${t("invited", { role: t(`role_${one.role}`) })}</span></span>
      <button aria-label=${t("invitation_withdraw", { name: one.email })} @click=${() => this.done(() => this.api.ask(`${this.path}/invitations/${one.id}`, { method: "DELETE" }))}>${t("withdraw")}</button>
    </li>`;
  }

  private form(): TemplateResult {
    return html`<form class="row" @submit=${this.onInvite}>
      <div><label for="invited">${t("invite_email")}</label><input id="invited" name="email" type="email" required /></div>
      <div>
        <label for="role">${t("role")}</label>
        <select id="role" name="role">
          ${ROLES.map((role) => html`<option value=${role} ?selected=${role === "writer"}>${t(`role_${role}`)}</option>`)}
        </select>
      </div>
      <button class="primary">${t("invite")}</button>
    </form>`;
  }

  private async onInvite(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const wanted = Object.fromEntries(new FormData(form)) as { email: string; role: string };
    const went = await this.done(() => this.api.post(`${this.path}/invitations`, wanted));
    if (!went) return;
    form.reset();
    this.told = t("invite_told", { email: wanted.email });
  }

  private change(one: Member, role: string): Promise<boolean> {
    return this.done(() => this.api.ask(`${this.path}/members/${one.user_id}`, { method: "PUT", body: { role } }));
  }

  /** Do something, then show who is there; tell whether it went well. */
  private async done(what: () => Promise<unknown>): Promise<boolean> {
    this.error = this.told = "";
    try {
      await what();
      this.members = await this.api.get<Member[]>(`${this.path}/members`);
      if (this.owner) this.invitations = await this.api.get<Invitation[]>(`${this.path}/invitations`);
      return true;
    } catch (error) {
      this.error = (error as Error).message;
      this.requestUpdate();
      return false;
    }
  }
}
