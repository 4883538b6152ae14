/** `<docreel-editor-tools>`: the bar of buttons above an article that is edited. */
import type { Editor } from "@tiptap/core";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { DocreelElement } from "../element";
import { t } from "../texts/locale";
import { TABLE_TOOLS, TOOLS, type Tool } from "./editor-commands";
import { enter, roving } from "./roving";

@customElement("docreel-editor-tools")
export class EditorTools extends DocreelElement {
  static override styles = [
    ...DocreelElement.styles,
    css`
      :host {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--_paper);
        border-bottom: 1px solid var(--_line);
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 0.1rem;
        padding: 0.35rem 0;
      }
      .tools button {
        min-width: 2.3rem;
        min-height: 2.3rem;
        padding: 0;
      }
      /* A picture of what it does, and no text of its own. */
      .tools button[data-label]::before {
        content: attr(data-label);
      }
      .tools button[data-label="I"]::before {
        font-style: italic;
      }
      .tools button[data-label="S"]::before {
        text-decoration: line-through;
      }
      .tools button[aria-pressed="true"] {
        background: var(--_wash);
      }
      .tools.table {
        gap: 0.35rem;
        padding-top: 0;
      }
      .tools.table button {
        min-height: 2rem;
        padding: 0.1rem 0.6rem;
      }
      /* On a phone one row that is moved sideways leaves room for the text. */
      @media (max-width: 40rem) {
        .tools {
          flex-wrap: nowrap;
          overflow-x: auto;
          padding-inline: 4px 2.5rem;
          margin-inline: -4px;
          /* That there is more shows. */
          mask-image: linear-gradient(to right, #000 calc(100% - 2.5rem), transparent);
        }
        .tools:dir(rtl) {
          mask-image: linear-gradient(to left, #000 calc(100% - 2.5rem), transparent);
        }
        .tools button {
          flex: none;
        }
      }
      .tools i {
        inline-size: 1px;
        margin: 0.5rem 0.25rem;
        background: var(--_line);
      }
      form {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
        padding-bottom: 0.5rem;
      }
      form input {
        flex: 1 1 14rem;
      }
    `,
  ];

  /** The editor that they work on. */
  @property({ attribute: false }) editor: Editor | null = null;
  @state() private linking = false;
  @query("form input") private address!: HTMLInputElement;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.editor?.off("transaction", this.onTransaction);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("editor")) return;
    changed.get("editor")?.off("transaction", this.onTransaction);
    this.editor?.on("transaction", this.onTransaction);
    this.linking = false;
  }

  protected override render(): TemplateResult {
    const link = this.editor?.isActive("link") ?? false;
    const linkable = this.editor !== null && (link || !this.editor.state.selection.empty);
    return html`<div class="tools" role="toolbar" ${roving()} aria-label=${t("tools")}>
        ${TOOLS.map((group) => html`${group.map((tool) => this.button(tool))}<i></i>`)}
        <button type="button" class="quiet" title=${t("tool_link")} aria-label=${t("tool_link")} aria-pressed=${link} aria-expanded=${this.linking} aria-disabled=${!linkable} @click=${() => linkable && this.link()}>
          <svg width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M10 14a4 4 0 0 0 6 .5l3-3a4.2 4.2 0 0 0-6-6l-1.2 1.2M14 10a4 4 0 0 0-6-.5l-3 3a4.2 4.2 0 0 0 6 6l1.2-1.2" /></svg>
        </button>
      </div>
      ${this.editor?.isActive("table")
        ? html`<div class="tools table" role="toolbar" ${roving()} aria-label=${t("tools_table")}>
            ${TABLE_TOOLS.map((tool) => html`<button type="button" class="small" @click=${() => this.editor && tool.run(this.editor)}>${t(tool.name)}</button>`)}
          </div>`
        : nothing}
      ${this.linking
        ? html`<form @submit=${this.onLink} @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.leave()}>
            <input type="text" inputmode="url" required aria-label=${t("tool_link_address")} placeholder="https://" .value=${String(this.editor?.getAttributes("link")["href"] ?? "")} />
            <button class="primary">${t("tool_link_set")}</button>
            ${link ? html`<button type="button" @click=${() => this.unlink()}>${t("tool_link_remove")}</button>` : nothing}
            <button type="button" class="quiet" @click=${() => this.leave()}>${t("close")}</button>
          </form>`
        : nothing}`;
  }

  /** Give the focus to the bar. */
  enter(): void {
    enter(this.renderRoot.querySelector("[role=toolbar]"));
  }

  private button(tool: Tool): TemplateResult {
    const active = this.editor !== null && (tool.active?.(this.editor) ?? false);
    const able = this.editor !== null && (tool.able?.(this.editor) ?? true);
    return html`<button type="button" class="quiet" title=${t(tool.name)} aria-label=${t(tool.name)} aria-pressed=${tool.active ? active : nothing} aria-disabled=${!able} data-label=${tool.label} @click=${() => this.editor && able && tool.run(this.editor)}></button>`;
  }

  private async link(): Promise<void> {
    this.linking = !this.linking;
    await this.updateComplete;
    if (this.linking) this.address.select();
  }

  private onLink(event: Event): void {
    event.preventDefault();
    const href = whole(this.address.value.trim());
    // One writes on behind the link, not over it.
    this.editor?.chain().extendMarkRange("link").setLink({ href }).setTextSelection(this.editor.state.selection.to).unsetMark("link").run();
    this.leave();
  }

  private unlink(): void {
    this.editor?.chain().extendMarkRange("link").unsetLink().run();
    this.leave();
  }

  private leave(): void {
    this.linking = false;
    this.editor?.commands.focus();
  }

  private readonly onTransaction = (): void => this.requestUpdate();
}

/** What is typed without a scheme, which no port is, is an address of the web, unless it is a place within a site. */
function whole(typed: string): string {
  return /^([a-z][a-z0-9+.-]*:(?!\d)|[/#?])/i.test(typed) ? typed : `https://${typed}`;
}
