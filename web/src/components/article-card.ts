/** An article that is read, with what can be done to it. */
import { html, nothing, type TemplateResult } from "lit";
import type { Article, ListedArticle } from "../api/gateway";
import { direction, pageDirection, t } from "../texts/locale";
import { type Around, type Node, shown } from "./document";

export type Decided = "accept" | "dismiss";

/** What a person may do to an article that is read. */
export interface Actions {
  edit: () => void;
  markdown: () => void;
  decide: (proposal: Decided) => void;
}

export function card(article: ListedArticle, video: Omit<Around, "language">, does: Actions): TemplateResult {
  const around = { ...video, language: article.language };
  return html`<article class="card text" lang=${article.language} dir=${direction(article.language)} data-article=${article.id}>
    <div class="row spread" lang=${document.documentElement.lang || "en"} dir=${pageDirection()}>
      <span class="badge ${article.status === "published" ? "good" : article.status === "in_review" ? "warn" : ""}">${t(`status_${article.status}`)}</span>
      <span class="row">
        <button class="quiet" aria-label="${t("markdown")}: ${article.title}" @click=${does.markdown}>${t("markdown")}</button>
        <button data-edit="article" aria-label="${t("edit")}: ${article.title}" @click=${does.edit}>${t("edit")}</button>
      </span>
    </div>
    <h2>${article.title}</h2>
    ${article.behind
      ? html`<p class="note warn" data-behind=${article.behind} lang=${document.documentElement.lang || "en"} dir=${pageDirection()}>${t("behind", { n: article.behind })}</p>`
      : nothing}
    ${article.proposal ? proposed(article, around, does) : nothing}
    ${shown(article.content_json as unknown as Node, around)}
  </article>`;
}

/** What a machine wrote later, beside an article that a person had edited. */
function proposed(article: Article, around: Around, does: Actions): TemplateResult {
  return html`<details class="note warn" data-proposal>
    <summary>${t("proposal")}</summary>
    <h3>${article.proposal?.title}</h3>
    ${shown(article.proposal?.content_json as unknown as Node, around)}
    <div class="row">
      <button @click=${() => does.decide("accept")}>${t("proposal_accept")}</button>
      <button @click=${() => does.decide("dismiss")}>${t("proposal_dismiss")}</button>
    </div>
  </details>`;
}
