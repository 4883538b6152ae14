/** `<docreel-reader video="...">`: the video with its subtitles, and the articles made from it. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Article, Chapter, Media, Schemas, Segment, Video } from "../api/gateway";
import { DocreelElement } from "../element";
import { clock, direction, languageName, t } from "../texts/locale";
import { type Around, type Node, shown, starts, waits } from "./document";
import "./delete-video";
import { fileName, save } from "./downloads";
import "./export-menu";
import { readerStyles } from "./reader-styles";

const UNSURE = 0.55; // confidence below which what was heard is often wrong

type Mode = { kind: "read" } | { kind: "article"; id: string } | { kind: "subtitles" };

@customElement("docreel-reader")
export class Reader extends DocreelElement {
  static override styles = [...DocreelElement.styles, readerStyles];

  /** The video's id. */
  @property() video = "";
  @state() private row: Video | null = null;
  @state() private media: Media | null = null;
  @state() private chapters: Chapter[] = [];
  @state() private articles: Article[] = [];
  @state() private subtitles: Schemas["Subtitles"] = { source: "", languages: [] };
  @state() private language = "";
  @state() private beside = "";
  @state() private error = "";
  @state() private now: number | null = null;
  @state() private mode: Mode = { kind: "read" };
  @state() private notice = "";
  private unsure = new Set<string>();
  private marks: number[] = [];
  @query("video") private player!: HTMLVideoElement | null;

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("video") || changed.has("gateway") || changed.has("token")) void this.load();
  }

  protected override render(): TemplateResult {
    if (this.error) return html`<p class="note bad" role="alert">${this.error}</p>`;
    if (this.row === null) return html`<p class="soft" aria-busy="true">${t("loading")}</p>`;
    return html`
      <div class="head row spread">
        <h1>${this.row.title}</h1>
        ${this.articles.length || this.subtitles.languages.length ? this.controls() : nothing}
      </div>
      ${this.articles.some((one) => waits(one.content_json as unknown as Node)) ? this.again() : nothing}
      <div role="status">${this.notice ? html`<p class="note">${this.notice}</p>` : nothing}</div>
      <div class="columns">
        <div class="watch">${this.watch()}</div>
        <div class="read">${this.reading()}</div>
      </div>
      <docreel-delete-video class="end" gateway=${this.gateway} token=${this.token} video=${this.video}></docreel-delete-video>
    `;
  }

  /** A person has given blocks back to the machine: the next job translates them. */
  private again(): TemplateResult {
    return html`<div class="note warn row spread" data-again>
      <span>${t("process_again_hint")}</span>
      <button @click=${() => this.processAgain()}>${t("process_again")}</button>
    </div>`;
  }

  private async processAgain(): Promise<void> {
    const languages = this.languages.filter((tag) => tag !== this.subtitles.source);
    try {
      const { jobId } = await this.api.post<Schemas["Accepted"]>("/api/videos/process", { videoId: this.video, languages });
      this.tell("docreel-job-started", { jobId });
    } catch (error) {
      this.notice = (error as Error).message;
    }
  }

  private controls(): TemplateResult {
    const languages = this.languages;
    return html`<div class="row">
      <label class="small"
        >${t("language")}
        <select data-control="language" @change=${(event: Event) => this.choose(value(event))}>
          ${languages.map((tag) => html`<option value=${tag} ?selected=${tag === this.language}>${languageName(tag)}</option>`)}
        </select></label
      >
      ${languages.length > 1
        ? html`<label class="small"
            >${t("beside")}
            <select data-control="beside" @change=${(event: Event) => (this.beside = value(event))}>
              <option value="" ?selected=${!this.beside}>${t("beside_none")}</option>
              ${languages
                .filter((tag) => tag !== this.language)
                .map((tag) => html`<option value=${tag} ?selected=${tag === this.beside}>${languageName(tag)}</option>`)}
            </select></label
          >`
        : nothing}
      <docreel-export-menu
        gateway=${this.gateway}
        token=${this.token}
        video=${this.video}
        name=${this.row?.title ?? ""}
        language=${this.language}
        ?subtitled=${this.subtitles.languages.includes(this.language)}
        @docreel-refused=${(event: CustomEvent<string>) => (this.notice = event.detail)}
      ></docreel-export-menu>
    </div>`;
  }

  private watch(): TemplateResult {
    const media = this.media;
    const source = this.row?.storage_path && media ? this.api.url(media.file_url) : null;
    const token = encodeURIComponent(media?.token ?? "");
    const track = (path: string) => this.api.url(`/api/videos/${this.video}/${path}?token=${token}`);
    return html`
      ${source
        ? html`<video
            controls
            playsinline
            preload="metadata"
            crossorigin=${this.gateway ? "anonymous" : nothing}
            src=${source}
            aria-label=${this.row?.title ?? ""}
            @timeupdate=${this.onTime}
            @loadedmetadata=${() => this.showTrack()}
          >
            ${this.subtitles.languages.map(
              (tag) => html`<track kind="subtitles" srclang=${tag} label=${languageName(tag)} src=${track(`subtitles/${tag}.vtt`)} />`,
            )}
            ${this.chapters.length ? html`<track kind="chapters" srclang=${this.subtitles.source || "en"} src=${track("chapters.vtt")} default />` : nothing}
          </video>`
        : html`<p class="note warn">${t("video_missing")}</p>`}
      ${this.chapters.length
        ? html`<nav aria-label=${t("chapters")} class="chapters">
            <ul class="plain">
              ${this.chapters.map(
                (chapter) => html`<li>
                  <button class="quiet ${this.plays(chapter) ? "now" : ""}" aria-current=${this.plays(chapter) ? "true" : nothing} @click=${() => this.play(chapter.start_time)}>
                    <span class="soft small">${clock(chapter.start_time)}</span> ${this.titleOf(chapter)}
                  </button>
                </li>`,
              )}
            </ul>
          </nav>`
        : nothing}
      ${this.subtitles.languages.includes(this.language)
        ? html`<button data-edit="subtitles" @click=${() => this.edit({ kind: "subtitles" })}>${t("subtitles_edit", { language: languageName(this.language) })}</button>`
        : nothing}
    `;
  }

  private reading(): TemplateResult {
    if (this.mode.kind === "subtitles") {
      return html`<docreel-subtitle-editor
        gateway=${this.gateway}
        token=${this.token}
        video=${this.video}
        language=${this.language}
        .now=${this.now}
        @docreel-seek=${(event: CustomEvent<number>) => this.play(event.detail)}
        @docreel-saved=${() => this.reloadTracks()}
        @docreel-close=${this.onClose}
      ></docreel-subtitle-editor>`;
    }
    const own = this.articles.filter((article) => article.language === this.language);
    if (own.length === 0) return html`<p class="note">${this.articles.length ? t("articles_none_language", { language: languageName(this.language) }) : t("articles_none")}</p>`;
    return html`${repeat(own, (article) => article.id, (article) => this.pair(article))}`;
  }

  private pair(article: Article): TemplateResult {
    if (this.mode.kind === "article" && this.mode.id === article.id) {
      return html`<docreel-article-editor
        gateway=${this.gateway}
        token=${this.token}
        article=${article.id}
        .image=${this.image}
        .source=${this.sourceOf(article)}
        .unsure=${this.heardBadly}
        @docreel-saved=${(event: CustomEvent<Article>) => this.take(event.detail)}
        @docreel-close=${this.onClose}
      ></docreel-article-editor>`;
    }
    const other = this.beside
      ? this.articles.find((one) => one.language === this.beside && one.chapter_id === article.chapter_id)
      : undefined;
    return html`<div class=${this.beside ? "pair" : ""}>
      ${this.article(article)} ${other ? this.article(other) : nothing}
    </div>`;
  }

  private article(article: Article): TemplateResult {
    const around: Around = {
      now: this.now === null ? null : this.block(this.now),
      image: this.image,
      play: (start: number) => this.play(start),
      unsure: this.heardBadly,
    };
    return html`<article class="card text" lang=${article.language} dir=${direction(article.language)} data-article=${article.id}>
      <div class="row spread" lang=${document.documentElement.lang || "en"}>
        <span class="badge ${article.status === "published" ? "good" : article.status === "in_review" ? "warn" : ""}">${t(`status_${article.status}`)}</span>
        <span class="row">
          <button class="quiet" aria-label="${t("markdown")}: ${article.title}" @click=${() => this.markdown(article)}>${t("markdown")}</button>
          <button aria-label="${t("edit")}: ${article.title}" @click=${() => this.edit({ kind: "article", id: article.id })}>${t("edit")}</button>
        </span>
      </div>
      <h2>${article.title}</h2>
      ${article.proposal ? this.proposed(article, around) : nothing}
      ${shown(article.content_json as unknown as Node, around)}
    </article>`;
  }

  /** What a machine wrote later, beside an article that a person had edited. */
  private proposed(article: Article, around: Around): TemplateResult {
    return html`<details class="note warn" data-proposal>
      <summary>${t("proposal")}</summary>
      <h3>${article.proposal?.title}</h3>
      ${shown(article.proposal?.content_json as unknown as Node, around)}
      <div class="row">
        <button @click=${() => this.decide(article, "accept")}>${t("proposal_accept")}</button>
        <button @click=${() => this.decide(article, "dismiss")}>${t("proposal_dismiss")}</button>
      </div>
    </details>`;
  }

  private get languages(): string[] {
    const all = new Set([...this.subtitles.languages, ...this.articles.map((one) => one.language)]);
    const { source } = this.subtitles;
    return [...all].sort((a, b) => Number(b === source) - Number(a === source) || a.localeCompare(b));
  }

  private async load(): Promise<void> {
    if (!this.video) return;
    const path = `/api/videos/${this.video}`;
    try {
      const [row, media, chapters, articles, subtitles, segments] = await Promise.all([
        this.api.get<Video>(path),
        this.api.get<Media>(`${path}/media`),
        this.api.get<Chapter[]>(`${path}/chapters`),
        this.api.get<Article[]>(`${path}/articles`),
        this.api.get<Schemas["Subtitles"]>(`${path}/subtitles`),
        this.api.get<Segment[]>(`${path}/segments`),
      ]);
      Object.assign(this, { row, media, chapters, articles, subtitles });
      this.unsure = new Set(segments.filter((one) => (one.confidence ?? 1) < UNSURE).map((one) => one.id));
      // What is being edited meanwhile stays open.
      if (!this.languages.includes(this.language)) this.language = this.languages[0] ?? "";
      this.settle();
      this.error = "";
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  private choose(language: string): void {
    this.language = language;
    if (this.beside === language) this.beside = "";
    this.mode = { kind: "read" };
    this.settle();
  }

  private settle(): void {
    const read = this.articles.filter((one) => one.language === this.language);
    this.marks = [...new Set(read.flatMap((one) => starts(one.content_json as unknown as Node)))].sort((a, b) => a - b);
    this.showTrack();
  }

  /** The start of the block that a second is in. */
  private block(second: number): number | null {
    return this.marks.findLast((start) => start <= second + 0.05) ?? null;
  }

  private plays(chapter: Chapter): boolean {
    return this.now !== null && chapter.start_time <= this.now && this.now < chapter.end_time;
  }

  /** A chapter's title in the language that is read. */
  private titleOf(chapter: Chapter): string {
    const own = this.articles.find((one) => one.chapter_id === chapter.id && one.language === this.language);
    return own?.title ?? chapter.title;
  }

  private play(start: number): void {
    if (!this.player) return;
    this.player.currentTime = start;
    this.now = start;
    void this.player.play().catch(() => undefined); // a browser may want a click on the player itself
  }

  private showTrack(): void {
    for (const track of this.player?.textTracks ?? []) {
      if (track.kind === "subtitles") track.mode = track.language === this.language ? "showing" : "disabled";
    }
  }

  private reloadTracks(): void {
    for (const track of this.renderRoot.querySelectorAll("track")) {
      if (track.kind === "subtitles") track.src = `${track.src.split("&again=")[0]}&again=${Date.now()}`;
    }
  }

  private readonly image = (src: string): string => {
    if (!src.startsWith("/api/")) return src;
    return `${this.api.url(src)}?token=${encodeURIComponent(this.media?.token ?? "")}`;
  };

  private readonly heardBadly = (segments: string[]): boolean => segments.some((id) => this.unsure.has(id));

  /** The article that one translates. */
  private sourceOf(article: Article): Article | null {
    const { source } = this.subtitles;
    if (article.language === source) return null;
    return this.articles.find((one) => one.language === source && one.chapter_id === article.chapter_id) ?? null;
  }

  private take(article: Article): void {
    this.articles = this.articles.map((one) => (one.id === article.id ? article : one));
  }

  private async decide(article: Article, proposal: "accept" | "dismiss"): Promise<void> {
    const path = `/api/articles/${article.id}`;
    try {
      const { etag } = await this.api.ask(path);
      const headers = { "If-Match": etag ?? "" };
      const decided = await this.api.ask<Article>(path, { method: "PATCH", body: { proposal }, headers });
      this.take(decided.body as Article);
      this.notice = "";
    } catch (error) {
      this.notice = (error as Error).message;
    }
  }

  private async edit(mode: Mode): Promise<void> {
    // Only who edits loads the editors.
    await (mode.kind === "article" ? import("./article-editor") : import("./subtitle-editor"));
    this.mode = mode;
  }

  private readonly onClose = (): void => {
    this.mode = { kind: "read" };
    void this.load();
  };

  private onTime(): void {
    this.now = this.player?.currentTime ?? null;
  }

  private async markdown(article: Article): Promise<void> {
    try {
      await save(this.api, `/api/articles/${article.id}.md`, `${fileName(article.title)}.md`);
      this.notice = "";
    } catch (error) {
      this.notice = (error as Error).message;
    }
  }
}

function value(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}
