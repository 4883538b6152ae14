/** `<docreel-project>`: a project's page: its jobs, its videos, and the way to the first one. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Project, Video } from "../api/gateway";
import "../components/active-jobs";
import { DocreelElement } from "../element";
import { t } from "../texts/locale";
import { go } from "./routes";
import { videoCard, videoCardStyles } from "./video-card";

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

@customElement("docreel-project")
export class ProjectPage extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    videoCardStyles,
    css`
      .videos {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr));
        gap: 1rem;
      }
      .empty {
        display: grid;
        justify-items: center;
        gap: 1rem;
        padding: 3.5rem 1.25rem;
        text-align: center;
      }
      .empty svg {
        color: var(--_accent);
      }
      .empty p {
        max-width: 34rem;
      }
    `,
  ];

  @property() project = "";
  @state() private projects: Project[] = [];
  @state() private videos: Video[] | null = null;
  @state() private cursor: string | null = null;
  @state() private error = "";

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("project")) void this.load();
  }

  protected override render(): TemplateResult {
    const own = this.own;
    if (this.error) return html`<p class="note bad" role="alert">${this.error}</p>`;
    if (!own || this.videos === null) return html`<p class="soft" aria-busy="true">${t("loading")}</p>`;
    return html`<div class="stack">
      <div class="row spread">
        <div class="row">
          <h1>${own.name}</h1>
          ${this.projects.length > 1
            ? html`<select aria-label=${t("project_choose")} @change=${(event: Event) => go(`/projects/${(event.target as HTMLSelectElement).value}`)}>
                ${this.projects.map((one) => html`<option value=${one.id} ?selected=${one.id === own.id}>${one.name}</option>`)}
              </select>`
            : nothing}
        </div>
        ${this.videos.length ? html`<a class="button primary" href="/upload?project=${own.id}">${t("upload_new")}</a>` : nothing}
      </div>
      <docreel-active-jobs recent project=${own.id} @docreel-activity=${this.onActivity}></docreel-active-jobs>
      ${this.videos.length ? this.listed(this.videos) : this.empty(own)}
    </div>`;
  }

  private listed(videos: Video[]): TemplateResult {
    return html`<section class="stack" aria-label=${t("videos")}>
      <h2>${t("videos")}</h2>
      <ul class="plain videos">
        ${repeat(
          videos,
          (video) => video.id,
          (video) => html`<li>${videoCard(video, (path) => this.api.url(path))}</li>`,
        )}
      </ul>
      ${this.cursor ? html`<div><button @click=${() => this.more()}>${t("more")}</button></div>` : nothing}
    </section>`;
  }

  private empty(own: Project): TemplateResult {
    return html`<section class="card empty">
      <svg width="72" height="72" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.2" stroke-linejoin="round" aria-hidden="true">
        <rect x="2.5" y="5" width="13" height="14" rx="2" /><path d="m15.5 10.5 6-3.5v10l-6-3.5zM6 9.5h6M6 12.5h6M6 15.5h3.5" stroke-linecap="round" />
      </svg>
      <h2>${t("empty_title")}</h2>
      <p class="soft">${t("empty_text")}</p>
      <a class="button primary" href="/upload?project=${own.id}">${t("empty_action")}</a>
    </section>`;
  }

  private get own(): Project | undefined {
    return this.project ? this.projects.find((one) => one.id === this.project) : this.projects[0];
  }

  private async load(): Promise<void> {
    try {
      this.projects = (await this.api.get<Page<Project>>("/api/projects")).items;
      if (!this.own) throw new Error(t("project_none"));
      await this.first();
      this.error = "";
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  private async first(): Promise<void> {
    const page = await this.page();
    this.videos = page.items;
    this.cursor = page.next_cursor;
  }

  private async more(): Promise<void> {
    const page = await this.page(this.cursor ?? "");
    this.videos = [...(this.videos ?? []), ...page.items];
    this.cursor = page.next_cursor;
  }

  private page(cursor = ""): Promise<Page<Video>> {
    const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    return this.api.get(`/api/videos?project_id=${this.own?.id}&limit=50${after}`);
  }

  private onActivity(event: CustomEvent<{ begun: number; ended: number; total: number }>): void {
    // Another tab may have uploaded one; and with a job that begins or ends a video's status changes.
    if (event.detail.begun || event.detail.ended || (event.detail.total && this.videos?.length === 0)) void this.first().catch(() => undefined);
  }
}
