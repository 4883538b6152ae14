/** `<docreel-reader video="...">`: the video with its subtitles, and the articles made from it. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { type Article, type Chapter, type ListedArticle, Refusal } from "../api/gateway";
import { DocreelElement } from "../element";
import { scrolling } from "../focus";
import { languageName, t } from "../texts/locale";
import { card, type Decided } from "./article-card";
import { decided, saveMarkdown } from "./article-deeds";
import type { Around } from "./document";
import "./add-languages";
import "./delete-video";
import "./export-menu";
import { MediaLinks } from "./media-links";
import "./player";
import type { Player } from "./player";
import "./process-again";
import { contents, languageSelects } from "./reader-parts";
import { readerStyles } from "./reader-styles";
import "./rename-video";
import { VideoContents } from "./video-contents";
import "./subtitle-file";
import "./video-job";
import type { VideoJob } from "./video-job";

/** An editor: who leads away from it asks it, so that nothing is lost. */
interface Leaving extends HTMLElement {
  leave: (then: () => void) => void;
}

type Mode = { kind: "read" } | { kind: "article"; id: string } | { kind: "subtitles" };

@customElement("docreel-reader")
export class Reader extends DocreelElement {
  static override styles = [...DocreelElement.styles, readerStyles];

  /** The video's id. */
  @property() video = "";
  /** What is read (BCP 47); without it what is spoken. */
  @property() language = "";
  /** What is read beside it; without it nothing. */
  @property() beside = "";
  @state() private shown: VideoContents | null = null;
  @state() private links: MediaLinks | null = null;
  @state() private error = "";
  @state() private now: number | null = null;
  @state() private mode: Mode = { kind: "read" };
  @state() private notice = "";
  @state() private idle = false; // whether it is known that no job is at it
  @state() private more = false; // whether languages are being added
  @state() private tracks = 0; // how often subtitles were saved: a track of the same address is not read again
  private loading = false;
  private turn = 0; // of answers that overtake each other the last one asked for holds
  @query("docreel-player") private player!: Player | null;
  @query("docreel-video-job") private job!: VideoJob | null;
  @query("docreel-subtitle-editor, docreel-article-editor") private editor!: Leaving | null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("video") && !changed.has("gateway")) return;
    // Nothing of another video is shown, let alone edited, as this one's.
    Object.assign(this, { shown: null, links: null, now: null, mode: { kind: "read" }, idle: false, more: false, error: "", notice: "" });
    if (!changed.has("language")) this.language = "";
    if (!changed.has("beside")) this.beside = "";
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("video") || changed.has("gateway") || changed.has("token")) void this.load();
  }

  protected override render(): TemplateResult {
    const made = this.shown;
    const trouble = html`<div role="alert">${this.error ? html`<p class="note bad">${this.error}</p>` : nothing}</div>`;
    if (made === null) return this.error ? html`<div class="stack">${this.error === t("video_none") ? html`<h1>${t("nowhere")}</h1>` : nothing}${trouble}</div>` : html`<p class="soft" aria-busy="true">${t("loading")}</p>`;
    return html`
      <div class="head row spread">
        <h1>${made.row.title}</h1>
        ${made.languages.length ? this.controls(made) : nothing}
      </div>
      ${trouble}
      <docreel-video-job gateway=${this.gateway} token=${this.token} video=${this.video} @docreel-video-changed=${() => this.load()} @docreel-video-job=${(event: CustomEvent<{ active: boolean }>) => (this.idle = !event.detail.active)}></docreel-video-job>
      <docreel-process-again gateway=${this.gateway} token=${this.token} video=${this.video} .articles=${this.idle ? made.articles : []} @docreel-job-started=${this.onStarted}></docreel-process-again>
      <div role="status">${this.notice ? html`<p class="note">${this.notice}</p>` : nothing}</div>
      <div class="columns ${this.mode.kind} ${this.beside ? "two" : ""}">
        <div class="watch">${this.watch(made)}</div>
        <div class="read">
          ${this.reading(made)}
          <div class="row end">
            <docreel-rename-video gateway=${this.gateway} token=${this.token} video=${this.video} name=${made.row.title} @docreel-video-renamed=${() => this.load()}></docreel-rename-video>
            <docreel-delete-video gateway=${this.gateway} token=${this.token} video=${this.video}></docreel-delete-video>
          </div>
        </div>
      </div>
    `;
  }

  private controls({ languages, row, subtitles }: VideoContents): TemplateResult {
    return html`<div class="row">
      ${languageSelects(languages, this.language, this.beside, {
        read: (tag) => this.choose(tag),
        beside: (tag) => {
          this.beside = tag;
          this.told();
        },
      })}
      <docreel-export-menu
        gateway=${this.gateway}
        token=${this.token}
        video=${this.video}
        name=${row.title}
        language=${this.language}
        ?subtitled=${subtitles.languages.includes(this.language)}
        @docreel-refused=${(event: CustomEvent<string>) => {
          event.preventDefault();
          this.notice = event.detail;
        }}
      ></docreel-export-menu>
    </div>`;
  }

  private watch(made: VideoContents): TemplateResult {
    const { links, tracks } = this;
    const { row, chapters, subtitles } = made;
    const track = (language: string, path: string) => ({ language, src: links?.track(path, tracks) ?? "" });
    return html`
      ${row.status === "failed" && row.error_message && made.languages.length === 0
        ? html`<p class="note bad" data-status="failed">${row.error_message}</p>`
        : nothing}
      ${row.storage_path && links
        ? html`<docreel-player
            gateway=${this.gateway}
            src=${links.film}
            poster=${row.poster_url ? links.image(row.poster_url) : ""}
            name=${row.title}
            language=${this.language}
            .subtitles=${subtitles.languages.map((tag) => track(tag, `subtitles/${tag}.vtt`))}
            .chapters=${chapters.length ? track(subtitles.source || "en", "chapters.vtt") : null}
            @docreel-time=${(event: CustomEvent<number>) => (this.now = event.detail)}
          ></docreel-player>`
        : row.status === "failed"
          ? nothing
          : html`<p class="note warn">${t("video_missing")} <a href=${this.api.url(`/upload?project=${row.project_id}`)}>${t("nav_upload")}</a></p>`}
      ${contents(chapters.map((one) => ({ start: one.start_time, ...made.titleOf(one, this.language), plays: this.plays(one), show: () => this.show(one) })))}
      <div class="row">
        ${subtitles.languages.includes(this.language)
          ? html`<button data-edit="subtitles" @click=${() => this.edit({ kind: "subtitles" })}>${t("subtitles_edit", { language: languageName(this.language) })}</button>`
          : nothing}
        ${made.languages.length && this.idle
          ? html`<button aria-expanded=${this.more} @click=${this.onMore}>${t("languages_add")}</button>`
          : nothing}
      </div>
      ${this.more && this.idle ? this.adding(made) : nothing}
      <docreel-subtitle-file
        gateway=${this.gateway}
        token=${this.token}
        video=${this.video}
        .file=${row.subtitle_file}
        .languages=${made.languages.filter((tag) => tag !== subtitles.source)}
        ?idle=${this.idle && row.storage_path !== null}
        @docreel-job-started=${this.onStarted}
      ></docreel-subtitle-file>
    `;
  }

  private reading(made: VideoContents): TemplateResult {
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
    if (made.languages.length === 0 && this.idle && made.row.storage_path) return this.adding(made);
    const own = made.of(this.language);
    if (own.length === 0) return html`<p class="note">${made.articles.length ? t("articles_none_language", { language: languageName(this.language) }) : t("articles_none")}</p>`;
    return html`${repeat(own, (article) => article.id, (article) => this.pair(article, made))}`;
  }

  /** What can be made of the video besides what there is. */
  private adding({ languages }: VideoContents): TemplateResult {
    return html`<docreel-add-languages gateway=${this.gateway} token=${this.token} video=${this.video} .there=${languages} ?fresh=${languages.length === 0} @docreel-job-started=${this.onStarted}></docreel-add-languages>`;
  }

  private pair(article: ListedArticle, made: VideoContents): TemplateResult {
    if (this.mode.kind === "article" && this.mode.id === article.id) {
      return html`<docreel-article-editor
        autofocus
        gateway=${this.gateway}
        token=${this.token}
        article=${article.id}
        .image=${this.image}
        .source=${made.sourceOf(article)}
        .unsure=${this.heardBadly}
        @docreel-saved=${(event: CustomEvent<Article>) => this.take(event.detail)}
        @docreel-close=${this.onClose}
      ></docreel-article-editor>`;
    }
    const other = this.beside ? made.beside(article, this.beside) : null;
    return html`<div class=${this.beside ? "pair" : ""}>
      ${this.card(article, made)} ${other ? this.card(other, made) : nothing}
    </div>`;
  }

  private card(article: ListedArticle, made: VideoContents): TemplateResult {
    const around: Omit<Around, "language"> = {
      now: this.now === null ? null : made.blockAt(this.now, this.language),
      second: this.now ?? 0,
      heard: (ids: string[]) => made.heard(ids),
      image: this.image,
      play: (start: number) => this.play(start),
      unsure: this.heardBadly,
    };
    return card(article, around, {
      edit: () => this.edit({ kind: "article", id: article.id }),
      markdown: () => this.attempt(() => saveMarkdown(this.api, article)),
      decide: (proposal) => this.attempt(() => this.decide(article, proposal)),
    });
  }

  private async load(): Promise<void> {
    const turn = ++this.turn;
    if (!this.video) return;
    this.loading = true;
    try {
      const [made, links] = await Promise.all([VideoContents.read(this.api, this.video), MediaLinks.read(this.api, this.video, this.links)]);
      if (turn !== this.turn) return;
      this.shown = made;
      this.links = links;
      // What is being edited meanwhile stays open.
      if (!made.languages.includes(this.language)) this.language = made.languages[0] ?? "";
      if (!made.languages.includes(this.beside) || this.beside === this.language) this.beside = "";
      this.tell("docreel-titled", made.row.title);
      this.error = "";
    } catch (error) {
      if (turn === this.turn) this.error = error instanceof Refusal && error.status === 404 ? t("video_none") : (error as Error).message;
    }
    if (turn === this.turn) this.loading = false;
  }

  private choose(language: string): void {
    this.leave(() => {
      this.language = language;
      if (this.beside === language) this.beside = "";
      this.mode = { kind: "read" };
      this.told();
    });
    this.requestUpdate(); // until then the choice shows what is read
  }

  private told(): void {
    this.tell("docreel-reading", { language: this.language, beside: this.beside });
  }

  /** Do what takes an editor away that is open. */
  private leave(then: () => void): void {
    if (this.editor) this.editor.leave(then);
    else then();
  }

  private plays(chapter: Chapter): boolean {
    return this.now !== null && chapter.start_time <= this.now && this.now < chapter.end_time;
  }

  /** Play a chapter, and bring what was written of it into view. */
  private show(chapter: Chapter): void {
    this.play(chapter.start_time);
    const own = this.shown?.of(this.language).find((one) => one.chapter_id === chapter.id);
    this.renderRoot.querySelector(`[data-article="${own?.id}"]`)?.scrollIntoView({ block: "start", behavior: scrolling() });
  }

  private play(start: number): void {
    this.player?.play(start);
  }

  private readonly image = (src: string): string => this.links?.image(src) ?? src;

  private readonly heardBadly = (ids: string[]): boolean => this.shown?.unsure(ids) ?? false;

  private take(article: Article): void {
    this.shown = this.shown?.with(article) ?? null;
    if (this.loading) void this.load(); // what was asked for before may not know of it
  }

  private async decide(article: Article, proposal: Decided): Promise<void> {
    this.take(await decided(this.api, article, proposal));
    void this.load(); // what its translations are behind is another text now
  }

  /** Do something; tell why it could not be done. */
  private async attempt(deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
      this.notice = "";
    } catch (error) {
      this.notice = (error as Error).message;
    }
  }

  private async edit(mode: Mode): Promise<void> {
    if (mode.kind === "subtitles" && this.mode.kind === "subtitles") return;
    try {
      // Only who edits loads the editors.
      await (mode.kind === "article" ? import("./article-editor") : import("./subtitle-editor"));
    } catch {
      this.notice = t("trouble_away");
      return;
    }
    this.leave(() => (this.mode = mode));
  }

  private readonly onMore = async (): Promise<void> => {
    this.more = !this.more;
    await this.updateComplete;
    this.renderRoot.querySelector("docreel-add-languages")?.scrollIntoView({ block: "nearest", behavior: scrolling() });
  };

  /** A page that stays here once a job has begun shows it. */
  private readonly onStarted = (): void => {
    this.more = false;
    void this.job?.find();
  };

  /** Whoever leaves an editor is where the way into it was. */
  private readonly onClose = async (): Promise<void> => {
    const { mode } = this;
    this.mode = { kind: "read" };
    void this.load();
    await this.updateComplete;
    const way = mode.kind === "article" ? `[data-article="${mode.id}"] [data-edit]` : "[data-edit=subtitles]";
    this.renderRoot.querySelector<HTMLElement>(way)?.focus();
  };
}
