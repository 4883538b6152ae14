/** `<docreel-article-editor article="...">`: an article edited in Tiptap, saved by itself. */
import { Editor, type JSONContent } from "@tiptap/core";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableKit } from "@tiptap/extension-table";
import { StarterKit } from "@tiptap/starter-kit";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { type Article, Refusal } from "../api/gateway";
import { DocreelElement } from "../element";
import { direction, pageDirection, t } from "../texts/locale";
import { Unsaved } from "../unsaved";
import { picture, pictures } from "./article-pictures";
import { asking, leaving } from "./asking";
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
  @state() private leaving: (() => void) | null = null; // what is done once nothing would be lost, or may be
  @query("docreel-editor-tools") private tools!: EditorTools;
  @query(".surface") private surface!: HTMLElement | null;
  private etag = "";
  private editor: Editor | null = null;
  private edits = 0; // so that what is typed while saving is saved too
  private heading = "";
  private timer = 0;
  private busy: Promise<void> = Promise.resolve();
  private turn = 0; // of articles that are asked for only the last one is opened

  constructor() {
    super();
    const held = (): boolean => this.row !== null && this.saving !== "saved";
    // What is only unsaved is saved when it goes away.
    new Unsaved(this, held, () => held() && (this.saving === "conflict" || this.saving === "failed"));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Where the page has moved it, what was in it went away on the way.
    if (this.hasUpdated && this.article) void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.turn += 1;
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
          ? asking("conflict", "conflict", ["conflict_theirs", () => this.load()], ["conflict_mine", () => this.overwrite()])
          : nothing}
        ${this.leaving && this.saving !== "saved" ? leaving(this.leaving, () => (this.leaving = null)) : nothing}
        ${this.outdated()}
      </div>
      <p><input class="title" maxlength="300" aria-label=${t("article_title")} .value=${this.heading} @input=${this.onTitle} ?disabled=${row === null} /></p>
      <docreel-editor-tools .editor=${this.editor?.isEditable ? this.editor : null} lang=${document.documentElement.lang || "en"} dir=${pageDirection()}></docreel-editor-tools>
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
    const turn = ++this.turn;
    clearTimeout(this.timer);
    // What was typed into another article goes to that one.
    await (this.saving === "unsaved" ? this.save() : this.busy);
    try {
      const { body, etag } = await this.api.ask<Article>(`/api/articles/${this.article}`);
      const row = body as Article;
      const content = row.content_json as JSONContent;
      const image = this.image ?? (await pictures(this.api, content));
      if (turn !== this.turn) return;
      this.row = row;
      this.etag = etag ?? "";
      this.heading = row.title;
      this.message = "";
      this.saving = "saved";
      this.leaving = null;
      this.open(content, image);
    } catch (error) {
      if (turn !== this.turn) return;
      this.message = (error as Error).message;
      this.saving = "failed";
    }
  }

  private open(content: JSONContent, image: (src: string) => string): void {
    this.editor?.destroy();
    this.editor = new Editor({
      element: this.surface,
      // A line that it adds by itself at the end would be an edit that nobody made.
      extensions: [StarterKit.configure({ link: { openOnClick: false }, trailingNode: false }), picture(this.api, image), TaskList, TaskItem.configure({ nested: true }), TableKit, Traces, marks((segments) => this.unsure(segments))],
      content,
      autofocus: this.autofocus ? "start" : false,
      injectCSS: false,
      // What this editor does not know would be lost at the first save.
      enableContentCheck: true,
      onContentError: ({ editor, error }) => {
        editor.setEditable(false, false);
        this.message = t("editor_unknown", { what: error.message });
      },
      editorProps: { attributes: { role: "textbox", "aria-multiline": "true", "aria-label": t("article_text"), "aria-describedby": "leave" } },
      onUpdate: () => this.edited(),
      onTransaction: () => this.requestUpdate(),
    });
  }

  private edited(): void {
    this.edits += 1;
    this.leaving = null;
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
    const { editor, row } = this;
    if (editor === null || row === null || this.saving === "conflict") return;
    if (this.saving === "saved" && Object.keys(change).length === 0) return;
    const edits = this.edits;
    const content = editor.isEditable ? { content_json: editor.getJSON() } : {};
    const text = this.saving === "saved" ? {} : { title: this.heading, ...content };
    this.saving = "saving";
    try {
      // Not the attribute's: it may name another one by now.
      const answer = await this.api.ask<Article>(`/api/articles/${row.id}`, {
        method: "PATCH",
        body: { ...text, ...change },
        headers: { "If-Match": this.etag },
      });
      this.row = answer.body as Article;
      this.etag = answer.etag ?? "";
      if (editor.isEditable) this.message = "";
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

  private onDone(): void {
    void this.leave(() => this.tell("docreel-close"));
  }

  /** Save, and do what leads away from here; where it cannot be saved, who edits is asked first. */
  async leave(then: () => void): Promise<void> {
    if (this.row !== null && this.saving !== "saved") await this.save();
    if (this.row === null || this.saving === "saved") then();
    else this.leaving = then;
  }
}
