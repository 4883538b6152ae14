/** How an article looks that is edited: its text, and what is marked in it. */
import { css } from "lit";

export const editorStyles = css`
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
  .tiptap ul[data-type="taskList"] {
    padding-inline-start: 0.2rem;
    list-style: none;
  }
  .tiptap ul[data-type="taskList"] li {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0.5rem;
  }
  .tiptap ul[data-type="taskList"] p {
    margin: 0;
  }
  .tiptap ul[data-type="taskList"] input {
    inline-size: 1.1rem;
    block-size: 1.1rem;
    accent-color: var(--_accent);
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
