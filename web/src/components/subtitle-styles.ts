/** How the subtitles' editor looks: a bar that stays in sight, and a list of cues. */
import { css } from "lit";

export const subtitleStyles = css`
  li {
    display: grid;
    grid-template-columns: 6.5rem minmax(0, 1fr) auto;
    gap: 0.5rem;
    align-items: start;
    padding: 0.6rem 0.5rem;
    margin-inline: -0.5rem;
    border-top: 1px solid var(--_line);
  }
  /* What is scrolled to, or focused, must not end under the bar. */
  li,
  li :is(button, input, textarea) {
    scroll-margin-block: calc(7rem + var(--_stuck, 0px)) 1rem;
  }
  /* Saved from wherever one is in a long list. */
  .head {
    position: sticky;
    top: var(--_stuck, 0);
    z-index: 1;
    margin: -0.5rem -0.5rem 0;
    padding: 0.5rem;
    background: var(--_paper);
  }
  .head .row {
    gap: 0.4rem;
  }
  .head .icon {
    min-width: 2.5rem;
    padding: 0;
  }
  /* A button that is disabled would lose the focus of who pressed it. */
  [aria-disabled="true"] {
    opacity: 0.55;
    cursor: not-allowed;
  }
  li.now {
    background: var(--_wash);
  }
  .times {
    display: grid;
    gap: 0.3rem;
  }
  input[type="number"] {
    font-variant-numeric: tabular-nums;
  }
  textarea {
    display: block;
    min-height: 4.2rem;
    /* On a phone two lines of a subtitle are three or four. */
    field-sizing: content;
    resize: vertical;
  }
  .marks {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem;
    margin-top: 0.3rem;
  }
  .marks .badge {
    white-space: normal;
  }
  .side {
    display: grid;
    gap: 0.3rem;
  }
  .side button {
    min-width: 2.4rem;
    padding: 0;
  }
  .actions {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.35rem;
  }
  .actions button {
    min-height: 2.1rem;
    padding: 0.15rem 0.65rem;
  }
  .notice {
    color: var(--_warn);
  }
  @media (max-width: 40rem) {
    .head button {
      min-height: 2.25rem;
      padding-inline: 0.6rem;
      font-size: 0.875rem;
    }
    li {
      grid-template-columns: minmax(0, 1fr) auto;
    }
    .times {
      grid-column: 1 / -1;
      grid-template-columns: 1fr 1fr;
    }
  }
`;
