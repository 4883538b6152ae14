/** What is done to an article that is read: a proposal decided on, its Markdown saved. */
import type { Article, Gateway } from "../api/gateway";
import type { Decided } from "./article-card";
import { fileName, save } from "./downloads";

/** Take what a machine wrote later, or keep what stands; return the article as it is then. */
export async function decided(api: Gateway, article: Article, proposal: Decided): Promise<Article> {
  const path = `/api/articles/${article.id}`;
  const { etag } = await api.ask(path);
  const answer = await api.ask<Article>(path, { method: "PATCH", body: { proposal }, headers: { "If-Match": etag ?? "" } });
  return answer.body as Article;
}

export function saveMarkdown(api: Gateway, article: Article): Promise<void> {
  return save(api, `/api/articles/${article.id}.md`, `${fileName(article.title)}.md`);
}
