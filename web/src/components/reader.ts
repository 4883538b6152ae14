/** `<docreel-reader video="...">`: the video with its subtitles, and the articles made from it. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Article, Chapter, ListedArticle, Media, Schemas, Segment, Video } from "../api/gateway";
import { DocreelElement } from "../element";
import { languageName, t } from "../texts/locale";
import { card, type Decided } from "./article-card";
import { type Around, type Node, starts } from "./document";
import "./add-languages";
import "./delete-video";
import { fileName, save } from "./downloads";
import "./export-menu";
import "./player";
import type { Player } from "./player";
import "./process-again";
import { contents, languageSelects } from "./reader-parts";
import { readerStyles } from "./reader-styles";
import { heard } from "./sentences";
import "./video-job";

const SOON = 600_000; // milliseconds before its end at which a link is replaced
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
  @state() private articles: ListedArticle[] = [];
  @state() private subtitles: Schemas["Subtitles"] = { source: "", languages: [] };
  @state() private language = "";
  @state() private beside = "";
  @state() private error = "";
  @state() private now: number | null = null;
  @state() private mode: Mode = { kind: "read" };
  @state() private notice = "";
  @state() private idle = false; // whether it is known that no job is at it
  @state() private more = false; // whether languages are being added
  @state() private tracks = 0; // how often subtitles were saved: a track of the same address is not read again
  private segments = new Map<string, Segment>();
  private marks: number[] = [];
  @query("docreel-player") private player!: Player | null;

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
      <docreel-video-job gateway=${this.gateway} token=${this.token} video=${this.video} @docreel-video-changed=${() => this.load()} @docreel-video-job=${(event: CustomEvent<{ active: boolean }>) => (this.idle = !event.detail.active)}></docreel-video-job>
      <docreel-process-again gateway=${this.gateway} token=${this.token} video=${this.video} .articles=${this.idle ? this.articles : []}></docreel-process-again>
      <div role="status">${this.notice ? html`<p class="note">${this.notice}</p>` : nothing}</div>
      <div class="columns">
        <div class="watch">${this.watch()}</div>
        <div class="read">${this.reading()}</div>
      </div>
      <docreel-delete-video class="end" gateway=${this.gateway} token=${this.token} video=${this.video}></docreel-delete-video>
    `;
  }

  private controls(): TemplateResult {
    return html`<div class="row">
      ${languageSelects(this.languages, this.language, this.beside, {
        read: (tag) => this.choose(tag),
        beside: (tag) => (this.beside = tag),
      })}
      <docreel-export-menu
        gateway=${this.gateway}
        token=${this.token}
        video=${this.video}
        name=${this.row?.title ?? ""}
        language=${this.language}
        ?subtitled=${this.subtitles.languages.includes(this.language)}
        @docreel-refused=${(event: CustomEvent<string>) => {
          event.preventDefault();
          this.notice = event.detail;
        }}
      ></docreel-export-menu>
    </div>`;
  }

  private watch(): TemplateResult {
    const { media, row } = this;
    const token = encodeURIComponent(media?.token ?? "");
    const track = (language: string, path: string) => ({ language, src: this.api.url(`/api/videos/${this.video}/${path}?token=${token}&as=${this.tracks}`) });
    return html`
      ${row?.storage_path && media
        ? html`<docreel-player
            gateway=${this.gateway}
            src=${this.api.url(media.file_url)}
            poster=${row.poster_url ? this.api.url(row.poster_url) : ""}
            name=${row.title}
            language=${this.language}
            .subtitles=${this.subtitles.languages.map((tag) => track(tag, `subtitles/${tag}.vtt`))}
            .chapters=${this.chapters.length ? track(this.subtitles.source || "en", "chapters.vtt") : null}
            @docreel-time=${(event: CustomEvent<number>) => (this.now = event.detail)}
          ></docreel-player>`
        : html`<p class="note warn">${t("video_missing")} <a href="/upload?project=${row?.project_id ?? ""}">${t("nav_upload")}</a></p>`}
      ${contents(this.chapters.map((one) => ({ start: one.start_time, ...this.titleOf(one), plays: this.plays(one) })), (start) => this.play(start))}
      <div class="row">
        ${this.subtitles.languages.includes(this.language)
          ? html`<button data-edit="subtitles" @click=${() => this.edit({ kind: "subtitles" })}>${t("subtitles_edit", { language: languageName(this.language) })}</button>`
          : nothing}
        ${this.languages.length && this.idle
          ? html`<button aria-expanded=${this.more} @click=${() => (this.more = !this.more)}>${t("languages_add")}</button>`
          : nothing}
      </div>
      ${this.more && this.idle ? this.adding() : nothing}
    `;
  }

  private reading(): TemplateResult {
    if (this.mode.kind === "subtitles") {
      return html`<docreel-subtitle-editor
        autofocus
        gateway=${this.gateway}
        token=${this.token}
        video=${this.video}
        language=${this.language}
        .now=${this.now}
        @docreel-seek=${(event: CustomEvent<number>) => this.play(event.detail)}
        @docreel-saved=${() => (this.tracks += 1)}
        @docreel-close=${this.onClose}
      ></docreel-subtitle-editor>`;
    }
    if (this.languages.length === 0 && this.idle && this.row?.storage_path) return this.adding();
    const own = this.articles.filter((article) => article.language === this.language);
    if (own.length === 0) return html`<p class="note">${this.articles.length ? t("articles_none_language", { language: languageName(this.language) }) : t("articles_none")}</p>`;
    return html`${repeat(own, (article) => article.id, (article) => this.pair(article))}`;
  }

  /** What can be made of the video besides what there is. */
  private adding(): TemplateResult {
    return html`<docreel-add-languages gateway=${this.gateway} token=${this.token} video=${this.video} .there=${this.languages} ?fresh=${this.languages.length === 0}></docreel-add-languages>`;
  }

  private pair(article: ListedArticle): TemplateResult {
    if (this.mode.kind === "article" && this.mode.id === article.id) {
      return html`<docreel-article-editor
        autofocus
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
      ${this.card(article)} ${other ? this.card(other) : nothing}
    </div>`;
  }

  private card(article: ListedArticle): TemplateResult {
    const around: Omit<Around, "language"> = {
      now: this.now === null ? null : this.block(this.now),
      second: this.now ?? 0,
      heard: (ids: string[]) => heard(ids, this.segments),
      image: this.image,
      play: (start: number) => this.play(start),
      unsure: this.heardBadly,
    };
    return card(article, around, {
      edit: () => this.edit({ kind: "article", id: article.id }),
      markdown: () => this.markdown(article),
      decide: (proposal) => this.decide(article, proposal),
    });
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
        this.api.get<ListedArticle[]>(`${path}/articles`),
        this.api.get<Schemas["Subtitles"]>(`${path}/subtitles`),
        this.api.get<Segment[]>(`${path}/segments`),
      ]);
      Object.assign(this, { row, chapters, articles, subtitles });
      // A new link would begin the film anew.
      if (!this.lasts(this.media)) this.media = media;
      this.segments = new Map(segments.map((one) => [one.id, one]));
      // What is being edited meanwhile stays open.
      if (!this.languages.includes(this.language)) this.language = this.languages[0] ?? "";
      this.settle();
      this.error = "";
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  /** Whether a link to this video's file works for a while yet. */
  private lasts(media: Media | null): boolean {
    return media !== null && media.file_url.includes(this.video) && Date.parse(media.expires_at) - Date.now() > SOON;
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
  }

  /** The start of the block that a second is in. */
  private block(second: number): number | null {
    return this.marks.findLast((start) => start <= second + 0.05) ?? null;
  }

  private plays(chapter: Chapter): boolean {
    return this.now !== null && chapter.start_time <= this.now && this.now < chapter.end_time;
  }

  /** A chapter's title in the language that is read. */
  private titleOf(chapter: Chapter): { title: string; language: string } {
    const own = this.articles.find((one) => one.chapter_id === chapter.id && one.language === this.language);
    return own ?? { title: chapter.title, language: this.subtitles.source };
  }

  private play(start: number): void {
    this.player?.play(start);
  }

  private readonly image = (src: string): string => {
    if (!src.startsWith("/api/")) return src;
    return `${this.api.url(src)}?token=${encodeURIComponent(this.media?.token ?? "")}`;
  };

  private readonly heardBadly = (ids: string[]): boolean => ids.some((id) => (this.segments.get(id)?.confidence ?? 1) < UNSURE);

  /** The article that one translates. */
  private sourceOf(article: Article): Article | null {
    const { source } = this.subtitles;
    if (article.language === source) return null;
    return this.articles.find((one) => one.language === source && one.chapter_id === article.chapter_id) ?? null;
  }

  private take(article: Article): void {
    this.articles = this.articles.map((one) => (one.id === article.id ? { ...one, ...article } : one));
    this.settle();
  }

  private async decide(article: Article, proposal: Decided): Promise<void> {
    const path = `/api/articles/${article.id}`;
    try {
      const { etag } = await this.api.ask(path);
      const headers = { "If-Match": etag ?? "" };
      const decided = await this.api.ask<Article>(path, { method: "PATCH", body: { proposal }, headers });
      this.take(decided.body as Article);
      this.notice = "";
      void this.load(); // what is behind is another text now
    } catch (error) {
      this.notice = (error as Error).message;
    }
  }

  private async edit(mode: Mode): Promise<void> {
    // Only who edits loads the editors.
    await (mode.kind === "article" ? import("./article-editor") : import("./subtitle-editor"));
    this.mode = mode;
  }

  /** Whoever leaves an editor is where the way into it was. */
  private readonly onClose = async (): Promise<void> => {
    const { mode } = this;
    this.mode = { kind: "read" };
    void this.load();
    await this.updateComplete;
    const way = mode.kind === "article" ? `[data-article="${mode.id}"] [data-edit]` : "[data-edit=subtitles]";
    this.renderRoot.querySelector<HTMLElement>(way)?.focus();
  };

  private async markdown(article: Article): Promise<void> {
    try {
      await save(this.api, `/api/articles/${article.id}.md`, `${fileName(article.title)}.md`);
      this.notice = "";
    } catch (error) {
      this.notice = (error as Error).message;
    }
  }
}
