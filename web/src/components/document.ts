/** A Tiptap document shown to read: each block that knows its second can be played from. */
import { html, nothing, type TemplateResult } from "lit";
import { clock, t } from "../texts/locale";
import { type Heard, type Sentence, sentences } from "./sentences";

export interface Node {
  type: string;
  text?: string;
  attrs?: Record<string, unknown>;
  content?: Node[];
  marks?: { type: string; attrs?: Record<string, unknown> }[];
}

/** What a document needs from around it. Times in seconds. */
export interface Around {
  /** The language of the document. */
  language: string;
  /** The start of the block that plays; null: nothing plays. */
  now: number | null;
  /** The second that plays. */
  second: number;
  /** What some segments heard, in order. */
  heard: (segmentIds: string[]) => Heard[];
  image: (src: string) => string;
  play: (start: number) => void;
  /** Whether what some segments heard is often wrong. */
  unsure: (segmentIds: string[]) => boolean;
}

type Shown = TemplateResult | string | typeof nothing;

/** Of blocks that follow each other from the same second the first shows it. */
interface Within extends Around {
  before: { second: number | null };
}

export function shown(document: Node, around: Around): Shown[] {
  return children(document, { ...around, before: { second: null } });
}

/** The seconds at which blocks begin, ascending, each once. */
export function starts(document: Node): number[] {
  const found = new Set<number>();
  const visit = (node: Node): void => {
    const start = startOf(node);
    if (start !== null) found.add(start);
    node.content?.forEach(visit);
  };
  visit(document);
  return [...found].sort((a, b) => a - b);
}

/** Whether a block of a document waits for the machine to translate it again. */
export function waits(document: Node): boolean {
  const { stale, source } = document.attrs ?? {};
  return (Boolean(stale) && (source ?? null) === null) || (document.content ?? []).some(waits);
}

function children(node: Node, around: Within): Shown[] {
  return (node.content ?? []).map((child) => block(child, around));
}

function block(node: Node, around: Within): Shown {
  const inner = () => children(node, around);
  switch (node.type) {
    case "text":
      return marked(node);
    case "hardBreak":
      return html`<br />`;
    case "paragraph":
      return html`<p class=${classes(node, around)} data-start=${startOf(node) ?? nothing} @click=${seek(node, around)}>${time(node, around)}${spoken(node, around)}</p>`;
    case "heading":
      return heading(Number(node.attrs?.["level"] ?? 2), node, around);
    case "bulletList":
      return html`<ul>${inner()}</ul>`;
    case "orderedList":
      return html`<ol start=${Number(node.attrs?.["start"] ?? 1)}>${inner()}</ol>`;
    case "listItem":
      return html`<li class=${classes(node, around)} data-start=${startOf(node) ?? nothing} @click=${seek(node, around)}>${inner()}</li>`; // its paragraphs show their times
    case "taskList":
      return html`<ul class="tasks">${inner()}</ul>`;
    case "taskItem":
      return html`<li class=${classes(node, around)} data-start=${startOf(node) ?? nothing} @click=${seek(node, around)}>
        <span role="img" aria-label=${node.attrs?.["checked"] ? t("task_done") : t("task_open")}>${node.attrs?.["checked"] ? "☑" : "☐"}</span> ${inner()}
      </li>`;
    case "blockquote":
      return html`<blockquote>${inner()}</blockquote>`;
    case "codeBlock":
      return html`<pre class=${classes(node, around)} data-start=${startOf(node) ?? nothing} tabindex="0"><code>${inner()}</code></pre>`;
    case "horizontalRule":
      return html`<hr />`;
    case "image":
      return html`<figure class=${classes(node, around)} data-start=${startOf(node) ?? nothing} @click=${seek(node, around)}>
        <img src=${around.image(String(node.attrs?.["src"] ?? ""))} alt=${String(node.attrs?.["alt"] ?? "")} loading="lazy" />
      </figure>`;
    case "table":
      return html`<div class="wide" tabindex="0" role="group"><table><tbody>${inner()}</tbody></table></div>`;
    case "tableRow":
      return html`<tr>${inner()}</tr>`;
    case "tableHeader":
      return html`<th style="text-align:${align(node)}">${inner()}</th>`;
    case "tableCell":
      return html`<td style="text-align:${align(node)}">${inner()}</td>`;
    default:
      return html`${inner()}`; // a newer kind of node gives what is in it
  }
}

function heading(level: number, node: Node, around: Within): Shown {
  const inner = html`${time(node, around)}${children(node, around)}`;
  // The page's and the article's titles stand above.
  return level <= 2 ? html`<h3>${inner}</h3>` : html`<h4>${inner}</h4>`;
}

/** A paragraph's content, in which each sentence can be played from. */
function spoken(node: Node, around: Within): Shown[] {
  const content = node.content ?? [];
  const said = sentencesOf(node, around);
  if (said.length === 0 || startOf(node) === null) return children(node, around);
  const plays = startOf(node) === around.now ? said.findLast((one) => one.second <= around.second) : undefined;
  let at = 0;
  return content.flatMap((child) => {
    const from = at;
    at += plain(child).length;
    if (child.type !== "text") return [block(child, around)];
    return pieces(child, from, said).map(
      ({ text, sentence }) => html`<span class="sentence ${sentence === plays ? "now" : ""}" data-second=${sentence?.second ?? nothing}>${marked({ ...child, text })}</span>`,
    );
  });
}

const cut = new WeakMap<Node, Sentence[]>(); // a film that plays shows its articles anew several times a second

function sentencesOf(node: Node, around: Within): Sentence[] {
  const known = cut.get(node);
  if (known) return known;
  const found = sentences((node.content ?? []).map(plain).join(""), around.language, around.heard(segmentsOf(node)));
  cut.set(node, found);
  return found;
}

/** A text that begins at an offset of its block, cut where sentences begin. */
function pieces(node: Node, from: number, said: Sentence[]): { text: string; sentence: Sentence | undefined }[] {
  const text = plain(node);
  const cuts = said.map((one) => one.from - from).filter((cut) => cut > 0 && cut < text.length);
  return [0, ...cuts].map((cut, n) => ({
    text: text.slice(cut, cuts[n]),
    sentence: said.findLast((one) => one.from <= from + cut),
  }));
}

/** An inline node's text; a line break counts as a space. */
function plain(node: Node): string {
  return node.type === "text" ? (node.text ?? "") : " ";
}

function marked(node: Node): Shown {
  return (node.marks ?? []).reduce<Shown>((inner, mark) => {
    switch (mark.type) {
      case "bold":
        return html`<strong>${inner}</strong>`;
      case "italic":
        return html`<em>${inner}</em>`;
      case "strike":
        return html`<s>${inner}</s>`;
      case "underline":
        return html`<u>${inner}</u>`;
      case "code":
        return html`<code>${inner}</code>`;
      case "link":
        return html`<a href=${safe(String(mark.attrs?.["href"] ?? ""))} rel="noopener nofollow" target="_blank">${inner}</a>`;
      default:
        return inner;
    }
  }, node.text ?? "");
}

function safe(href: string): string {
  return /^(https?:|mailto:|[#/.?])/i.test(href) || !/^[^/?#]*:/.test(href) ? href : "#";
}

function align(node: Node): string {
  const wanted = String(node.attrs?.["align"] ?? "");
  return ["left", "center", "right"].includes(wanted) ? wanted : "start";
}

/** The second that a block is from. */
function startOf(node: Node): number | null {
  const second = node.attrs?.["second"];
  return typeof second === "number" ? second : null;
}

function segmentsOf(node: Node): string[] {
  return (node.attrs?.["segmentIds"] ?? []) as string[];
}

function time(node: Node, around: Within): Shown {
  const start = startOf(node);
  const marks = [
    node.attrs?.["unsupported"] ? mark(t("unsupported"), t("unsupported_hint")) : nothing,
    node.attrs?.["stale"] ? mark(t("stale"), t("stale_hint")) : nothing,
    around.unsure(segmentsOf(node)) ? mark(t("unsure"), t("unsure_hint")) : nothing,
  ];
  if (start === null || start === around.before.second) return html`${marks}`;
  around.before.second = start;
  return html`<button type="button" class="time" aria-label=${t("play_from", { time: clock(start) })} @click=${(event: Event) => {
      event.stopPropagation();
      around.play(start);
    }}>${clock(start)}</button>${marks}`;
}

function mark(name: string, hint: string): Shown {
  return html`<span class="badge warn mark" title=${hint}>${name}</span> `;
}

function classes(node: Node, around: Within): string {
  const start = startOf(node);
  return `block ${start !== null && start === around.now ? "now" : ""}`;
}

function seek(node: Node, around: Within): (event: Event) => void {
  return (event) => {
    const target = event.target as Element;
    const sentence = target.closest<HTMLElement>("[data-second]");
    const start = sentence ? Number(sentence.dataset["second"]) : startOf(node);
    // Marking text with the mouse, or following a link, is no wish to play.
    const selecting = !(window.getSelection()?.isCollapsed ?? true);
    if (start === null || selecting || target.closest("a")) return;
    event.stopPropagation();
    around.play(start);
  };
}
