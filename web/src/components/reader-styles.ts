/** How the reader looks: the video stays in sight beside the articles, and above them on a phone. */
import { css } from "lit";

export const proseStyles = css`
  .text h2 {
    margin: 0.5rem 0 0.25rem;
    font-size: 1.35rem;
    line-height: 1.3;
  }
  .text h3,
  .text h4 {
    margin: 1.1rem 0 0.3rem;
    font-size: 1.08rem;
  }
  .text p {
    margin: 0.6rem 0;
  }
  .text li > p {
    display: inline;
  }
  .text li {
    margin: 0.35rem 0;
  }
  .text ul,
  .text ol {
    margin: 0.6rem 0;
    padding-inline-start: 1.6rem;
  }
  .text ul.tasks {
    list-style: none;
    padding-inline-start: 0.2rem;
  }
  .mark {
    margin-inline-end: 0.4rem;
  }
  .text img {
    display: block;
    max-width: 100%;
    height: auto;
    border: 1px solid var(--_line);
    border-radius: 8px;
  }
  .text figure {
    margin: 0.8rem 0;
  }
  .text blockquote {
    margin: 0.8rem 0;
    padding: 0.1rem 1rem;
    border-inline-start: 4px solid var(--_line);
    color: var(--_soft);
  }
  .text pre {
    padding: 0.9rem 1rem;
    border-radius: 8px;
    background: var(--_sunk);
    overflow-x: auto;
    font-size: 0.9rem;
  }
  /* Code is read from the left in every language. */
  .text pre,
  .text code {
    direction: ltr;
    unicode-bidi: isolate;
  }
  .text pre {
    text-align: left;
  }
  .text code {
    font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace;
  }
  .text table {
    border-collapse: collapse;
  }
  .text th,
  .text td {
    padding: 0.4rem 0.7rem;
    border: 1px solid var(--_line);
    text-align: start;
  }
  .wide {
    overflow-x: auto;
  }
`;

export const readerStyles = css`
  ${proseStyles}
  .head {
    margin-bottom: 1rem;
  }
  .end {
    margin-top: 2rem;
  }
  @media (max-width: 40rem) {
    .head .row {
      align-items: end;
    }
    .head label {
      display: grid;
      gap: 0.2rem;
    }
  }
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.25rem;
  }
  .watch {
    display: grid;
    gap: 0.75rem;
    align-content: start;
  }
  .chapters button {
    width: 100%;
    justify-content: start;
    text-align: start;
    gap: 0.75rem;
  }
  .chapters button.now {
    background: var(--_wash);
  }
  .read {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1rem;
    align-content: start;
  }
  .pair {
    display: grid;
    gap: 1rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr));
  }
  .block[data-start] {
    padding: 0.15rem 0.4rem;
    margin-inline: -0.4rem;
    border-radius: 6px;
    cursor: pointer;
    transition: background 0.25s;
  }
  .text li.block[data-start] {
    margin-inline: 0;
  }
  .block[data-start]:hover {
    background: var(--_sunk);
  }
  .block.now {
    background: var(--_wash);
  }
  .sentence:hover,
  .sentence.now {
    text-decoration: underline 2px color-mix(in oklab, var(--_accent) 55%, transparent);
    text-underline-offset: 0.25em;
  }
  .time {
    min-height: 1.5rem;
    padding: 0 0.4rem;
    margin-inline-end: 0.5rem;
    border: 0;
    border-radius: 4px;
    background: var(--_sunk);
    color: var(--_soft);
    font-size: 0.78rem;
    font-variant-numeric: tabular-nums;
    vertical-align: 0.06em;
  }
  article {
    scroll-margin-top: 1rem;
  }
  /* In one column the film stays above what is read; an article's editor needs the room. */
  @media (max-width: 59.99rem) {
    .columns {
      --_stuck: 30vh;
      gap: 0.75rem;
    }
    .columns.subtitles {
      --_stuck: 22vh; /* the editor's own bar stays as well */
    }
    .watch {
      display: contents;
    }
    .columns:not(.article) docreel-player {
      --docreel-player-height: var(--_stuck);
      position: sticky;
      top: 0;
      z-index: 2;
      border-radius: var(--_radius);
      box-shadow: 0 0.4rem 1rem rgb(0 0 0 / 25%);
    }
    article,
    .read :is(button, a, summary) {
      scroll-margin-top: calc(var(--_stuck) + 1rem);
    }
  }
  @media (min-width: 60rem) {
    .columns {
      grid-template-columns: minmax(0, 5fr) minmax(0, 6fr);
    }
    .columns.two {
      grid-template-columns: minmax(0, 3fr) minmax(0, 7fr);
    }
    .watch {
      position: sticky;
      top: 1rem;
      max-height: calc(100vh - 6rem); /* and so it stays whole at the page's end */
      overflow-y: auto;
      /* Room for the focus ring, that the scrolling would cut. */
      padding: 4px;
      margin: -4px;
    }
  }
`;
