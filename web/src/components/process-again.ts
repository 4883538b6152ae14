/** `<docreel-process-again>`: people changed originals, or gave blocks back to the machine: the next job translates them. */
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { ListedArticle, Schemas } from "../api/gateway";
import { DocreelElement } from "../element";
import { languageName, t } from "../texts/locale";
import { type Node, waits } from "./document";

@customElement("docreel-process-again")
export class ProcessAgain extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      .note {
        margin-block-end: 1rem;
      }
    `,
  ];

  /** The video's id. */
  @property() video = "";
  /** The video's articles: nothing is shown where none of them waits for a job. */
  @property({ attribute: false }) articles: ListedArticle[] = [];
  @state() private error = "";

  protected override render(): TemplateResult | typeof nothing {
    const { behind, waiting } = this;
    if (behind.length + waiting.length === 0) return nothing;
    return html`<div class="note warn row spread" data-again>
      <span>${behind.length ? t("process_again_behind", { languages: behind.map(languageName).join(", ") }) : t("process_again_hint")}</span>
      <button @click=${() => this.start()}>${t("process_again")}</button>
      ${this.error ? html`<span role="alert">${this.error}</span>` : nothing}
    </div>`;
  }

  private get behind(): string[] {
    return languages(this.articles.filter((one) => one.behind > 0));
  }

  private get waiting(): string[] {
    return languages(this.articles.filter((one) => waits(one.content_json as unknown as Node)));
  }

  private async start(): Promise<void> {
    try {
      const wish = { videoId: this.video, languages: [...new Set([...this.behind, ...this.waiting])] };
      const { jobId } = await this.api.post<Schemas["Accepted"]>("/api/videos/process", wish);
      this.tell("docreel-job-started", { jobId });
    } catch (error) {
      this.error = (error as Error).message;
    }
  }
}

/** The languages (BCP 47) of some articles, each once. */
function languages(articles: ListedArticle[]): string[] {
  return [...new Set(articles.map((one) => one.language))].sort();
}
