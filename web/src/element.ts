/** What every component has: a gateway to ask, texts in the reader's language, and its look. */
import { LitElement, type PropertyValues } from "lit";
import { property } from "lit/decorators.js";
import { Gateway } from "./api/gateway";
import { held, keep } from "./focus";
import { currentToken } from "./session";
import { shared } from "./styles";
import { locale } from "./texts/locale";

/** A component; `gateway` is the gateway's address (none: this site), `token` a bearer token. */
export abstract class DocreelElement extends LitElement {
  static override styles = [shared];

  @property() gateway = "";
  @property() token = "";

  private made: Gateway | null = null;

  /** The gateway that the attributes name. */
  protected get api(): Gateway {
    const base = this.gateway.replace(/\/+$/, "");
    if (this.made?.base !== base) {
      this.made = new Gateway(base, async () => this.token || (base ? null : currentToken()));
    }
    return this.made;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    locale.addEventListener("change", this.onLocale);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    locale.removeEventListener("change", this.onLocale);
  }

  protected override update(changed: PropertyValues): void {
    const before = held(this.renderRoot);
    super.update(changed);
    keep(this.renderRoot as ShadowRoot, before);
  }

  private readonly onLocale = (): void => this.requestUpdate();

  /** Tell others of something; it passes shadow roots. */
  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
