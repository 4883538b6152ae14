/** How every component looks: colours as custom properties that a site can set, and controls. */
import { css } from "lit";

export const shared = css`
  :host {
    --_ink: var(--docreel-ink, light-dark(#16211f, #e6edeb));
    --_soft: var(--docreel-soft, light-dark(#51615d, #a3b3af));
    --_paper: var(--docreel-paper, light-dark(#ffffff, #1a2220));
    --_sunk: var(--docreel-sunk, light-dark(#eef2f1, #232d2a));
    --_line: var(--docreel-line, light-dark(#d5dddb, #364440));
    --_accent: var(--docreel-accent, light-dark(#0f766e, #4fd1c0));
    --_on-accent: var(--docreel-on-accent, light-dark(#ffffff, #06201c));
    --_wash: var(--docreel-wash, light-dark(#dcf3ef, #143b35));
    --_bad: var(--docreel-bad, light-dark(#b42318, #ff9d92));
    --_bad-wash: light-dark(#fdeceA, #45201c);
    --_warn: var(--docreel-warn, light-dark(#8a4b00, #f5c26b));
    --_warn-wash: light-dark(#fff3dc, #40300f);
    --_radius: var(--docreel-radius, 10px);
    display: block;
    color: var(--_ink);
    font: 400 1rem/1.5 var(--docreel-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p {
    margin: 0;
  }
  h1 {
    font-size: 1.6rem;
    line-height: 1.25;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1.1rem;
    line-height: 1.35;
    overflow-wrap: anywhere;
  }
  a {
    color: var(--_accent);
  }
  .soft {
    color: var(--_soft);
  }
  .small {
    font-size: 0.875rem;
  }
  .card {
    background: var(--_paper);
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    padding: 1.25rem;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
  }
  .spread {
    justify-content: space-between;
  }
  .stack {
    display: grid;
    gap: 1rem;
    /* Long words must not widen the page. */
    grid-template-columns: minmax(0, 1fr);
  }
  /* A live region has to be there before it speaks, and takes no room until then. */
  .stack > [role]:empty {
    position: absolute;
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4rem;
    min-height: 2.5rem;
    padding: 0.4rem 0.95rem;
    border: 1px solid var(--_line);
    border-radius: 8px;
    background: var(--_paper);
    color: var(--_ink);
    font: inherit;
    font-weight: 550;
    text-decoration: none;
    cursor: pointer;
  }
  button:hover:not(:disabled),
  .button:hover {
    border-color: var(--_accent);
    background: var(--_sunk);
  }
  button:disabled {
    opacity: 0.55;
    cursor: not-allowed;
  }
  .primary {
    background: var(--_accent);
    border-color: var(--_accent);
    color: var(--_on-accent);
  }
  .primary:hover:not(:disabled) {
    background: color-mix(in oklab, var(--_accent) 88%, var(--_ink));
  }
  .quiet {
    border-color: transparent;
    background: transparent;
  }
  .danger {
    color: var(--_bad);
  }
  input:not([type="checkbox"]),
  select,
  textarea {
    width: 100%;
    min-height: 2.5rem;
    padding: 0.45rem 0.7rem;
    border: 1px solid color-mix(in oklab, var(--_line) 60%, var(--_soft));
    border-radius: 8px;
    background: var(--_paper);
    color: var(--_ink);
    font: inherit;
  }
  select {
    width: auto;
    max-width: 100%;
  }
  label {
    font-weight: 550;
  }
  :focus-visible,
  :host(:focus-visible) {
    outline: 3px solid var(--_accent);
    outline-offset: 2px;
  }
  .bar {
    height: 0.55rem;
    border-radius: 1rem;
    background: var(--_sunk);
    border: 1px solid var(--_line);
    overflow: hidden;
  }
  .bar > span {
    display: block;
    height: 100%;
    min-width: 0;
    border-radius: 1rem;
    background: var(--_accent);
    transition: width 0.6s ease;
  }
  .bar.bad > span {
    background: var(--_bad);
  }
  .badge {
    display: inline-block;
    padding: 0.1rem 0.6rem;
    border-radius: 1rem;
    background: var(--_sunk);
    font-size: 0.8125rem;
    font-weight: 600;
    white-space: nowrap;
  }
  .badge.good {
    background: var(--_wash);
    color: light-dark(#0b544e, #8ee6d9);
  }
  .badge.bad {
    background: var(--_bad-wash);
    color: var(--_bad);
  }
  .badge.warn {
    background: var(--_warn-wash);
    color: var(--_warn);
  }
  .note {
    padding: 0.75rem 1rem;
    border-radius: 8px;
    background: var(--_wash);
    overflow-wrap: anywhere;
  }
  .note.bad {
    background: var(--_bad-wash);
    color: var(--_bad);
  }
  .note.warn {
    background: var(--_warn-wash);
    color: var(--_warn);
  }
  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  ul.plain {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      transition: none !important;
      animation: none !important;
      scroll-behavior: auto !important;
    }
  }
`;
