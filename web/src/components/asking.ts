/** A question that stands in an editor until it is answered. */
import { html, type TemplateResult } from "lit";
import { type Name, t } from "../texts/locale";

/** What can be answered, and what is done then. */
export type Answer = [Name, () => void];

export function asking(kind: string, question: Name, ...answers: Answer[]): TemplateResult {
  return html`<div class="note warn stack" role="alert" data-asking=${kind}>
    <p>${t(question)}</p>
    <div class="row">${answers.map(([name, run]) => html`<button @click=${run}>${t(name)}</button>`)}</div>
  </div>`;
}

/** What is asked of who would lose something: to lose it and do what was wished for, or to stay. */
export function leaving(lose: () => void, stay: () => void): TemplateResult {
  return asking("leaving", "close_unsaved", ["close_lose", lose], ["close_stay", stay]);
}
