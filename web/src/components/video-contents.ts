/** A video with all that was made of it, as the gateway had it at once. */
import type { Article, Chapter, Gateway, ListedArticle, Schemas, Segment, Video } from "../api/gateway";
import { type Node, starts } from "./document";
import { type Heard, heard } from "./sentences";

const UNSURE = 0.55; // confidence below which what was heard is often wrong

export class VideoContents {
  /** What there is to read (BCP 47), the spoken language first. */
  readonly languages: string[];
  private readonly segments: Map<string, Segment>;
  private readonly marks = new Map<string, number[]>();

  constructor(
    readonly row: Video,
    readonly chapters: Chapter[],
    readonly articles: ListedArticle[],
    readonly subtitles: Schemas["Subtitles"],
    private readonly spoken: Segment[],
  ) {
    const { source, languages } = subtitles;
    const all = new Set([...languages, ...articles.map((one) => one.language)]);
    this.languages = [...all].sort((a, b) => Number(b === source) - Number(a === source) || a.localeCompare(b));
    this.segments = new Map(spoken.map((one) => [one.id, one]));
  }

  static async read(api: Gateway, video: string): Promise<VideoContents> {
    const path = `/api/videos/${video}`;
    const [row, chapters, articles, subtitles, segments] = await Promise.all([
      api.get<Video>(path),
      api.get<Chapter[]>(`${path}/chapters`),
      api.get<ListedArticle[]>(`${path}/articles`),
      api.get<Schemas["Subtitles"]>(`${path}/subtitles`),
      api.get<Segment[]>(`${path}/segments`),
    ]);
    return new VideoContents(row, chapters, articles, subtitles, segments);
  }

  /** The same with an article in place of what it was. */
  with(article: Article): VideoContents {
    const articles = this.articles.map((one) => (one.id === article.id ? { ...one, ...article } : one));
    return new VideoContents(this.row, this.chapters, articles, this.subtitles, this.spoken);
  }

  /** The articles of a language, in order. */
  of(language: string): ListedArticle[] {
    return this.articles.filter((one) => one.language === language);
  }

  /** The article in a language on what another one is on. */
  beside(article: Article, language: string): ListedArticle | null {
    return this.articles.find((one) => one.language === language && one.chapter_id === article.chapter_id) ?? null;
  }

  /** The article that one translates. */
  sourceOf(article: Article): ListedArticle | null {
    const { source } = this.subtitles;
    return article.language === source ? null : this.beside(article, source);
  }

  /** A chapter's title in a language, where there is one; else its own. */
  titleOf(chapter: Chapter, language: string): { title: string; language: string } {
    const own = this.of(language).find((one) => one.chapter_id === chapter.id);
    return own ?? { title: chapter.title, language: this.subtitles.source };
  }

  /** The start of the block that a second is in, in the articles of a language. */
  blockAt(second: number, language: string): number | null {
    const marks = this.marks.get(language) ?? this.starts(language);
    this.marks.set(language, marks);
    return marks.findLast((start) => start <= second + 0.05) ?? null;
  }

  /** What some segments heard, in order. */
  heard(ids: string[]): Heard[] {
    return heard(ids, this.segments);
  }

  /** Whether what some segments heard is often wrong. */
  unsure(ids: string[]): boolean {
    return ids.some((id) => (this.segments.get(id)?.confidence ?? 1) < UNSURE);
  }

  private starts(language: string): number[] {
    const all = this.of(language).flatMap((one) => starts(one.content_json as unknown as Node));
    return [...new Set(all)].sort((a, b) => a - b);
  }
}
