/** How the operations page looks: the pipeline is one column, two, or one row of four. */
import { css } from "lit";

export const operationsStyles = css`
  .pipeline {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.5rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .pipeline li {
    position: relative;
  }
  .pipeline li:not(:last-child)::after {
    content: "";
    position: absolute;
    inset-block-end: -1.05rem;
    inset-inline-start: calc(50% - 0.4rem);
    inline-size: 0.6rem;
    block-size: 0.6rem;
    border: solid var(--_soft);
    border-width: 0 2px 2px 0;
    rotate: 45deg;
  }
  .pipeline li.busy .card {
    border-color: var(--_accent);
    box-shadow: 0 0 0 1px var(--_accent);
  }
  dl {
    display: grid;
    grid-template-columns: auto auto;
    gap: 0.2rem 1rem;
    margin: 0.6rem 0 0;
  }
  dt {
    color: var(--_soft);
  }
  dd {
    margin: 0;
    text-align: end;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .numbers {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
    gap: 0.75rem;
  }
  .numbers .card {
    padding: 0.9rem 1rem;
  }
  .numbers strong {
    display: block;
    font-size: 1.6rem;
    line-height: 1.2;
    font-variant-numeric: tabular-nums;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9rem;
  }
  th,
  td {
    padding: 0.4rem 0.6rem;
    border-top: 1px solid var(--_line);
    text-align: start;
    vertical-align: top;
    overflow-wrap: anywhere;
  }
  tbody th {
    font-weight: 550;
  }
  .costs :is(th, td) {
    white-space: nowrap;
  }
  .costs thead th {
    white-space: normal;
    overflow-wrap: normal;
  }
  .cost {
    min-width: 5rem;
    font-variant-numeric: tabular-nums;
  }
  .cost i {
    display: block;
    block-size: 0.4rem;
    margin-top: 0.2rem;
    border-radius: 0.2rem;
    background: var(--_accent);
  }
  .scroll {
    overflow-x: auto;
  }
  /* Two rows, of which the second goes back: the arrows lead from each to its neighbour. */
  @media (min-width: 40rem) and (max-width: 59.99rem) {
    .pipeline {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .pipeline li:nth-child(3) {
      grid-area: 2 / 2;
    }
    .pipeline li:nth-child(4) {
      grid-area: 2 / 1;
    }
    .pipeline li:nth-child(odd)::after {
      inset-block-end: calc(50% - 0.3rem);
      inset-inline: calc(100% + 0.35rem) auto;
      rotate: -45deg;
    }
    .pipeline li:nth-child(3)::after {
      inset-inline: auto calc(100% + 0.35rem);
      rotate: 135deg;
    }
    .pipeline li:nth-child(1):dir(rtl)::after {
      rotate: 135deg;
    }
    .pipeline li:nth-child(3):dir(rtl)::after {
      rotate: -45deg;
    }
  }
  @media (min-width: 60rem) {
    .pipeline {
      grid-template-columns: repeat(4, minmax(0, 1fr));
    }
    .pipeline li:not(:last-child)::after {
      inset-block-end: calc(50% - 0.3rem);
      inset-inline-start: calc(100% + 0.35rem);
      rotate: -45deg;
    }
    .pipeline li:not(:last-child):dir(rtl)::after {
      rotate: 135deg;
    }
  }
`;
