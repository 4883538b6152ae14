/** `<docreel-app>`: the whole page: its bar, its addresses, who is logged in. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import type { Schemas } from "../api/gateway";
import { later } from "../api/poller";
import { hasAccounts, logOut, needsLogin, session, useLogin } from "../session";
import { LOCALES, locale, t } from "../texts/locale";
import { isOnItsWay, queue } from "../uploads/queue";
import { comeBack, follows, go, note, route, type Route } from "./routes";
import { appStyles } from "./app-styles";
import "./login";
import "./project";
import "./welcome";

const THEME = "docreel.theme";
const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const PATIENCE = 3000; // milliseconds until a gateway that is away is asked again

@customElement("docreel-app")
export class App extends DocreelElement {
  static override styles = [...DocreelElement.styles, appStyles];

  @state() private route: Route = route(location);
  @state() private ready = false;
  @state() private trouble = "";
  @state() private me: Schemas["Me"] | null = null;
  @state() private handed = ""; // a token, for the command, to be copied before it is gone
  @state() private theme: Theme = (localStorage.getItem(THEME) as Theme | null) ?? "auto";

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("popstate", this.onRoute);
    window.addEventListener("beforeunload", this.onLeave);
    locale.addEventListener("change", this.onLanguage);
    queue.addEventListener("change", this.onQueue);
    session.addEventListener("change", this.onSession);
    session.addEventListener("handed-over", (event) => (this.handed = (event as CustomEvent<string>).detail));
    this.addEventListener("click", this.onClick);
    this.addEventListener("docreel-open-video", (event) => this.open(event, `/videos/${(event as CustomEvent).detail.videoId}`));
    this.addEventListener("docreel-open-job", (event) => this.open(event, `/jobs/${(event as CustomEvent).detail.jobId}`));
    this.addEventListener("docreel-video-deleted", () => go("/"));
    this.addEventListener("docreel-titled", (event) => this.entitle((event as CustomEvent<string>).detail));
    this.addEventListener("docreel-job-started", (event) => go(`/jobs/${(event as CustomEvent).detail.jobId}`));
    this.onLanguage();
    this.paint();
    void this.load();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("route" as keyof PropertyValues) && !changed.has("ready" as keyof PropertyValues)) return;
    const { page } = this.route;
    const own = { upload: t("upload_heading"), operations: t("nav_operations"), account: t("nav_account"), nowhere: t("nowhere") };
    if (page in own) this.entitle(own[page as keyof typeof own]);
    else if (page === "home" || page === "project") this.entitle("");
  }

  protected override render(): TemplateResult {
    return html`
      <header>
        <button class="skip" @click=${this.skip}>${t("skip")}</button>
        <div class="inner">
          <a class="logo" href="/"
            ><svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#0f766e" /><path d="M12 9v14l11-7z" fill="#fff" /></svg>Docreel</a
          >
          ${needsLogin() ? nothing : this.nav()}
          <div class="choices">
            <select aria-label=${t("page_language")} @change=${(event: Event) => locale.choose((event.target as HTMLSelectElement).value)}>
              ${LOCALES.map((tag) => html`<option value=${tag} lang=${tag} ?selected=${tag === locale.current}>${new Intl.DisplayNames([tag], { type: "language" }).of(tag)}</option>`)}
            </select>
            <select aria-label=${t("theme")} @change=${this.onTheme}>
              ${THEMES.map((one) => html`<option value=${one} ?selected=${one === this.theme}>${t(`theme_${one}`)}</option>`)}
            </select>
            ${hasAccounts() && !needsLogin() ? html`<button @click=${() => logOut()}>${t("log_out")}</button>` : nothing}
          </div>
        </div>
      </header>
      <main id="main" tabindex="-1">${this.page()}</main>
    `;
  }

  private nav(): TemplateResult {
    return html`<nav aria-label=${t("menu")}>
      ${this.link("/", t("nav_project"), ["home", "project", "video", "job"])} ${this.link("/upload", this.uploadName(), ["upload"])}
      ${this.me?.operator ? this.link("/operations", t("nav_operations"), ["operations"]) : nothing}
      ${hasAccounts() ? this.link("/account", t("nav_account"), ["account"]) : nothing}
    </nav>`;
  }

  private page(): TemplateResult {
    if (!this.ready) return html`<p class=${this.trouble ? "note warn" : "soft"} role="status">${this.trouble || t("loading")}</p>`;
    if (this.handed) return this.handedOver();
    if (needsLogin()) return html`<docreel-login @docreel-logged-in=${() => this.load()}></docreel-login>`;
    if (this.me && !this.me.organizations.length) return html`<docreel-welcome .me=${this.me} @docreel-look-again=${() => this.load()}></docreel-welcome>`;
    const at = this.route;
    switch (at.page) {
      case "home":
        return html`<docreel-project></docreel-project>`;
      case "project":
        return html`<docreel-project project=${at.id}></docreel-project>`;
      case "upload":
        return html`<div class="narrow stack"><h1>${t("upload_heading")}</h1><p class="soft">${t("upload_intro")}</p><docreel-upload project=${at.project}></docreel-upload></div>`;
      case "job":
        return html`<div class="narrow stack"><h1>${t("job_heading")}</h1><docreel-job-progress job=${at.id}></docreel-job-progress><p><a href="/">${t("back_project")}</a></p></div>`;
      case "video":
        return html`<p class="small way"><a href="/">${t("back_project")}</a></p><docreel-reader video=${at.id} language=${at.language} beside=${at.beside} @docreel-reading=${this.onReading}></docreel-reader>`;
      case "account":
        return html`<docreel-account></docreel-account>`;
      case "operations":
        return html`<div class="stack"><h1>${t("nav_operations")}</h1><docreel-operations></docreel-operations></div>`;
      case "nowhere":
        return html`<div class="narrow stack"><h1>${t("nowhere")}</h1><p><a href="/">${t("back_project")}</a></p></div>`;
    }
  }

  /** The token is shown once: this page has forgotten it. */
  private handedOver(): TemplateResult {
    return html`<div class="narrow stack">
      <h1>${t("command_title")}</h1>
      <p>${t("command_handed")}</p>
      <pre><code>docreel login --url ${location.origin} --token</code></pre>
      <label for="token">${t("token")}</label>
      <input id="token" readonly .value=${this.handed} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} />
      <div><button class="primary" @click=${() => (this.handed = "")}>${t("log_in")}</button></div>
    </div>`;
  }

  private link(path: string, name: string, pages: Route["page"][]): TemplateResult {
    return html`<a href=${path} aria-current=${pages.includes(this.route.page) ? "page" : nothing}>${name}</a>`;
  }

  /** Wherever one is, an upload that goes on shows. */
  private uploadName(): string {
    const going = queue.transfers.filter(isOnItsWay).length;
    return going ? t("nav_uploading", { n: going }) : t("nav_upload");
  }

  private async load(): Promise<void> {
    try {
      useLogin((await this.api.get<Schemas["Configuration"]>("/api/config")).login);
      if (!needsLogin()) {
        this.me = await this.api.get<Schemas["Me"]>("/api/me");
        void queue.restore(this.api, this.me.user_id);
      }
      await this.component();
      this.ready = true;
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof TypeError ? t("trouble_away") : (error as Error).message;
      later(PATIENCE, () => void this.load());
    }
    this.requestUpdate();
  }

  /** Each page is loaded when somebody goes there. */
  private async component(): Promise<void> {
    switch (this.route.page) {
      case "upload":
        await import("../components/upload");
        break;
      case "job":
        await import("../components/job-progress");
        break;
      case "video":
        await import("../components/reader");
        break;
      case "operations":
        await import("../components/operations");
        break;
      case "account":
        await import("./account");
        break;
    }
  }

  private readonly onRoute = async (event: PopStateEvent): Promise<void> => {
    if (!follows(event)) return;
    this.route = route(location);
    try {
      await this.component();
    } catch {
      // The gateway is away, and with it this page's script: it comes with the gateway.
      this.ready = false;
      await this.load();
    }
    this.requestUpdate();
    await this.updateComplete;
    (this.renderRoot.querySelector("main") as HTMLElement).focus({ preventScroll: true });
    comeBack();
  };

  private readonly onReading = (event: CustomEvent<{ language: string; beside: string }>): void => {
    note(event.detail);
    this.route = route(location);
  };

  /** What the window is called: by what a page shows once it knows, and until then by the page. */
  private entitle(title: string): void {
    document.title = title ? `${title} · Docreel` : "Docreel";
  }

  /** Links within the page do not load it anew. */
  private readonly onClick = (event: MouseEvent): void => {
    const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (!link || link.target || link.download || link.origin !== location.origin || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  };

  private open(event: Event, path: string): void {
    event.preventDefault();
    go(path);
  }

  private skip(): void {
    (this.renderRoot.querySelector("main") as HTMLElement).focus();
  }

  private readonly onQueue = (): void => this.requestUpdate();

  private readonly onLanguage = (): void => {
    document.documentElement.lang = locale.current;
  };

  private onTheme(event: Event): void {
    this.theme = (event.target as HTMLSelectElement).value as Theme;
    localStorage.setItem(THEME, this.theme);
    this.paint();
  }

  private paint(): void {
    if (this.theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
  }

  /** Who logs out sees nothing more of what was there, and no operator's link is left. */
  private readonly onSession = (): void => {
    if (needsLogin()) this.me = null;
    this.requestUpdate();
  };

  private readonly onLeave = (event: BeforeUnloadEvent): void => {
    // A file that the browser keeps goes on by itself at the next visit; others would be asked for.
    if (queue.transfers.some((one) => one.phase === "sending" && one.kept.size > 1_000_000_000)) event.preventDefault();
  };
}
