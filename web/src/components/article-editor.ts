/** `<docreel-article-editor article="...">`: an article edited in Tiptap, saved by itself. */
import { Editor, type JSONContent } from "@tiptap/core";
import { Image } from "@tiptap/extension-image";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableKit } from "@tiptap/extension-table";
import { StarterKit } from "@tiptap/starter-kit";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { type Article, Refusal } from "../api/gateway";
import { DocreelElement } from "../element";
import { direction, pageDirection, t } from "../texts/locale";
import { pictures } from "./article-pictures";
import { attributes, type Decision, marks, outdated } from "./editor-marks";
import { editorStyles } from "./editor-styles";
import "./editor-tools";
import type { EditorTools } from "./editor-tools";
import { Traces } from "./editor-traces";
import { proseStyles } from "./reader-styles";

const PAUSE = 1000; // milliseconds without a key, after which the text is saved
const AGAIN = 5000; // milliseconds until saving is tried again

type State = "saved" | "unsaved" | "saving" | "conflict" | "failed";

interface Change {
  status?: Article["status"];
  blocks?: Record<string, Decision>;
}

@customElement("docreel-article-editor")
export class ArticleEditor extends DocreelElement {
  static override styles = [...DocreelElement.styles, proseStyles, editorStyles];

  /** The article's id. */
  @property() article = "";
  /** Turns an image's address into one that the browser can load; null: it asks for links by itself. */
  @property({ attribute: false }) image: ((src: string) => string) | null = null;
  /** The article that this one translates, if it is one that does. */
  @property({ attribute: false }) source: Article | null = null;
  /** Whether what some segments heard is often wrong. */
  @property({ attribute: false }) unsure: (segments: string[]) => boolean = () => false;
  @state() private row: Article | null = null;
  @state() private saving: State = "saved";
  @state() private message = "";
  @query("docreel-editor-tools") private tools!: EditorTools;
  @query(".surface") private surface!: HTMLElement | null;
  private etag = "";
  private editor: Editor | null = null;
  private edits = 0; // so that what is typed while saving is saved too
  private heading = "";
  private timer = 0;
  private busy: Promise<void> = Promise.resolve();

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("beforeunload", this.onLeave);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("beforeunload", this.onLeave);
    if (this.saving === "unsaved") void this.save();
    clearTimeout(this.timer);
    this.editor?.destroy();
  }

  protected override updated(changed: PropertyValues<this>): void {
    // A token that is renewed is no reason to lose what was typed.
    const late = (changed.has("gateway") || changed.has("token")) && this.row === null;
    if ((changed.has("article") || late) && this.article) void this.load();
  }

  protected override render(): TemplateResult {
    const row = this.row;
    return html`<article class="card text" lang=${row?.language ?? nothing} dir=${row ? direction(row.language) : nothing}>
      <div class="stack" lang=${document.documentElement.lang || "en"} dir=${pageDirection()}>
        <div class="row spread">
          <span class="badge ${{ saved: "good", unsaved: "", saving: "", conflict: "bad", failed: "bad" }[this.saving]}" role="status" data-saving=${this.saving}>${t(`saving_${this.saving}`)}</span>
          <span class="row">
            <label class="small">${t("status")}
              <select data-control="status" ?disabled=${row === null || this.saving === "conflict"} @change=${this.onStatus}>
                ${(["draft", "in_review", "published"] as const).map((one) => html`<option value=${one} ?selected=${row?.status === one}>${t(`status_${one}`)}</option>`)}
              </select></label>
            <button class="primary" @click=${this.onDone}>${t("done")}</button>
          </span>
        </div>
        ${this.message ? html`<p class="note bad" role="alert">${this.message}</p>` : nothing}
        ${this.saving === "conflict"
          ? html`<div class="note warn stack" role="alert">
              <p>${t("conflict")}</p>
              <div class="row">
                <button @click=${() => this.load()}>${t("conflict_theirs")}</button>
                <button @click=${() => this.overwrite()}>${t("conflict_mine")}</button>
              </div>
            </div>`
          : nothing}
        ${this.outdated()}
      </div>
      <p><input class="title" maxlength="300" aria-label=${t("article_title")} .value=${this.heading} @input=${this.onTitle} ?disabled=${row === null} /></p>
      <docreel-editor-tools .editor=${this.editor} lang=${document.documentElement.lang || "en"} dir=${pageDirection()}></docreel-editor-tools>
      <div class="surface" @keydown=${this.onKey}></div>
      <p class="small soft" id="leave" lang=${document.documentElement.lang || "en"} dir=${pageDirection()}>${t("tools_leave")}</p>
    </article>`;
  }

  private outdated(): TemplateResult | typeof nothing {
    if (this.editor === null || this.row === null) return nothing;
    return outdated(this.editor.getJSON(), this.source, this.row.language, this.saving !== "conflict", (id, decision) => {
      void this.save({ blocks: { [id]: decision } });
    });
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const answer = await this.api.ask<Article>(`/api/articles/${this.article}`);
      this.row = answer.body as Article;
      this.etag = answer.etag ?? "";
      this.heading = this.row.title;
      this.message = "";
      this.saving = "saved";
      const content = this.row.content_json as JSONContent;
      this.open(content, this.image ?? (await pictures(this.api, content)));
    } catch (error) {
      this.message = (error as Error).message;
      this.saving = "failed";
    }
  }

  private open(content: JSONContent, image: (src: string) => string): void {
    this.editor?.destroy();
    const Picture = Image.extend({
      // The document keeps its own address; only what is shown has the token.
      renderHTML: ({ HTMLAttributes: attributes }) => ["img", { ...attributes, src: image(String(attributes["src"])) }],
    });
    this.editor = new Editor({
      element: this.surface,
      // A line that it adds by itself at the end would be an edit that nobody made.
      extensions: [StarterKit.configure({ link: { openOnClick: false }, trailingNode: false }), Picture, TaskList, TaskItem.configure({ nested: true }), TableKit, Traces, marks((segments) => this.unsure(segments))],
      content,
      autofocus: this.autofocus ? "start" : false,
      injectCSS: false,
      // What this editor does not know would be lost at the first save.
      enableContentCheck: true,
      onContentError: ({ error }) => {
        this.editor?.setEditable(false);
        this.message = t("editor_unknown", { what: error.message });
      },
      editorProps: { attributes: { role: "textbox", "aria-multiline": "true", "aria-label": t("article_text"), "aria-describedby": "leave" } },
      onUpdate: () => this.edited(),
      onTransaction: () => this.requestUpdate(),
    });
  }

  private edited(): void {
    this.edits += 1;
    if (this.saving !== "conflict") {
      this.saving = "unsaved";
      this.later(PAUSE);
    }
  }

  private later(wait: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  /** Save once what is being saved already is done. */
  private save(change: Change = {}): Promise<void> {
    clearTimeout(this.timer);
    this.busy = this.busy.then(() => this.put(change));
    return this.busy;
  }

  private async put(change: Change): Promise<void> {
    if (this.editor === null || this.row === null || this.saving === "conflict") return;
    const edits = this.edits;
    const text = this.saving === "saved" ? {} : { title: this.heading, content_json: this.editor.getJSON() };
    this.saving = "saving";
    try {
      const answer = await this.api.ask<Article>(`/api/articles/${this.article}`, {
        method: "PATCH",
        body: { ...text, ...change },
        headers: { "If-Match": this.etag },
      });
      this.row = answer.body as Article;
      this.etag = answer.etag ?? "";
      this.message = "";
      if (change.blocks) this.decided(Object.keys(change.blocks));
      this.saving = edits === this.edits ? "saved" : "unsaved";
      if (this.saving === "unsaved") this.later(PAUSE);
      this.tell("docreel-saved", this.row);
    } catch (error) {
      this.notSaved(error as Error);
    }
  }

  /** Bring what the gateway noted on blocks into the text that is open, without an edit of its own. */
  private decided(ids: string[]): void {
    const { editor, row } = this;
    if (editor === null || row === null) return;
    const noted = attributes(row.content_json as JSONContent);
    const change = editor.state.tr.setMeta("addToHistory", false).setMeta("preventUpdate", true);
    editor.state.doc.descendants((node, at) => {
      const id = String(node.attrs["blockId"] ?? "");
      if (!ids.includes(id)) return;
      for (const name of ["stale", "source", "machine"]) change.setNodeAttribute(at, name, noted.get(id)?.[name] ?? null);
    });
    editor.view.dispatch(change);
  }

  private notSaved(error: Error): void {
    if (error instanceof Refusal && error.status === 412) {
      this.saving = "conflict";
      return;
    }
    this.saving = "failed";
    this.message = error instanceof TypeError ? t("trouble_away") : error.message;
    const passing = !(error instanceof Refusal) || error.status >= 500 || error.status === 429;
    if (passing) this.later(AGAIN);
  }

  private async overwrite(): Promise<void> {
    try {
      const answer = await this.api.ask<Article>(`/api/articles/${this.article}`);
      this.etag = answer.etag ?? "";
      this.saving = "unsaved";
      await this.save();
    } catch (error) {
      this.notSaved(error as Error);
    }
  }

  /** In a list or a table Tab is the text's own: Escape leads out. */
  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.isComposing) this.tools.enter();
  }

  private onTitle(event: Event): void {
    this.heading = (event.target as HTMLInputElement).value;
    if (this.heading.trim()) this.edited();
  }

  private onStatus(event: Event): void {
    void this.save({ status: (event.target as HTMLSelectElement).value as Article["status"] });
  }

  private async onDone(): Promise<void> {
    if (this.saving === "unsaved" || this.saving === "saving") await this.save();
    if (this.saving === "saved" || (this.saving === "failed" && this.row === null)) this.tell("docreel-close");
  }

  private readonly onLeave = (event: BeforeUnloadEvent): void => {
    if (this.saving !== "saved") event.preventDefault();
  };
}
