/** `<docreel-add-languages video="...">`: process a video that is there already, for the first time or into more languages. */
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Schemas } from "../api/gateway";
import { DocreelElement } from "../element";
import { t } from "../texts/locale";
import "./language-picker";

@customElement("docreel-add-languages")
export class AddLanguages extends DocreelElement {
  /** The video's id. */
  @property() video = "";
  /** What there is of it already (BCP 47), the spoken one first. */
  @property({ attribute: false }) there: string[] = [];
  /** Whether nothing was made of it yet: even without a translation there is something to do. */
  @property({ type: Boolean }) fresh = false;
  @state() private engine: Schemas["Engine"] | null = null;
  @state() private chosen: string[] = [];
  @state() private busy = false;
  @state() private error = "";

  protected override firstUpdated(): void {
    void this.load();
  }

  protected override render(): TemplateResult {
    const { engine, fresh } = this;
    const offered = engine?.languages?.filter((tag) => !this.there.includes(tag)) ?? null;
    return html`<section class="card stack">
      <h2>${fresh ? t("process_first") : t("languages_add")}</h2>
      <p class="small soft">${fresh ? t("process_first_hint") : t("languages_add_hint")}</p>
      ${engine === null
        ? html`<p class="soft">${t("loading")}</p>`
        : html`<docreel-language-picker
            .offered=${offered}
            source=${this.there[0] ?? ""}
            .chosen=${this.chosen}
            @docreel-languages=${(event: CustomEvent<string[]>) => (this.chosen = event.detail)}
          ></docreel-language-picker>`}
      <div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>
      <div><button class="primary" ?disabled=${this.busy || (!fresh && this.chosen.length === 0)} @click=${() => this.start()}>${fresh ? t("process_start") : t("translate_start")}</button></div>
    </section>`;
  }

  private async load(): Promise<void> {
    if (this.engine !== null) return;
    try {
      this.engine = await this.api.get<Schemas["Engine"]>("/api/engine");
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  private async start(): Promise<void> {
    this.busy = true;
    this.error = "";
    try {
      const wish = { videoId: this.video, languages: this.chosen };
      const { jobId } = await this.api.post<Schemas["Accepted"]>("/api/videos/process", wish);
      this.chosen = [];
      this.tell("docreel-job-started", { jobId });
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.busy = false;
  }
}
