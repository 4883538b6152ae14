/** How an article looks that is edited: its tools, its text, and what is marked in it. */
import { css } from "lit";

export const editorStyles = css`
  .tools {
    position: sticky;
    top: 0;
    z-index: 1;
    gap: 0.15rem;
    padding: 0.35rem 0;
    background: var(--_paper);
    border-bottom: 1px solid var(--_line);
  }
  .tools button {
    min-width: 2.4rem;
    min-height: 2.4rem;
    padding: 0;
  }
  /* A picture of what it does, and no text of its own. */
  .tools button::before {
    content: attr(data-label);
  }
  .tools button[aria-pressed="true"] {
    background: var(--_wash);
  }
  .tiptap {
    min-height: 12rem;
    padding: 0.25rem 0.5rem;
    border-radius: 6px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .tiptap:focus-visible {
    outline-offset: 0;
  }
  .ProseMirror-selectednode {
    outline: 3px solid var(--_accent);
  }
  .look {
    border-inline-start: 3px solid var(--_warn);
    padding-inline-start: 0.6rem;
  }
  .look::before {
    content: attr(data-look);
    display: block;
    color: var(--_warn);
    font-size: 0.78rem;
    font-weight: 600;
  }
  .stale ul {
    padding: 0;
    margin: 0.4rem 0 0;
  }
  .stale li > p {
    display: block;
    margin: 0 0 0.4rem;
  }
  .stale li {
    padding: 0.6rem 0;
    border-top: 1px solid var(--_line);
  }
  input.title {
    font-size: 1.25rem;
    font-weight: 600;
  }
`;
