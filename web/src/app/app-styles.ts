/** How the page around the components looks: its bar, and the room for what is shown. */
import { css } from "lit";

export const appStyles = css`
  :host {
    min-height: 100vh;
  }
  header {
    border-bottom: 1px solid var(--_line);
    background: var(--_paper);
  }
  .inner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.35rem 1rem;
    max-width: 84rem;
    margin-inline: auto;
    padding: 0.6rem clamp(1rem, 4vw, 2rem);
  }
  .logo {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
    color: var(--_ink);
    font-size: 1.15rem;
    font-weight: 700;
    text-decoration: none;
  }
  nav {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem;
  }
  nav a {
    padding: 0.4rem 0.7rem;
    border-radius: 8px;
    color: var(--_ink);
    text-decoration: none;
  }
  nav a:hover {
    background: var(--_sunk);
  }
  nav a[aria-current] {
    background: var(--_wash);
    font-weight: 600;
  }
  .choices {
    display: flex;
    gap: 0.4rem;
    margin-inline-start: auto;
  }
  .choices select,
  .choices button {
    min-height: 2.25rem;
    padding-block: 0.2rem;
    font-size: 0.875rem;
  }
  @media (max-width: 40rem) {
    .logo {
      margin-inline-end: auto;
    }
    nav {
      order: 3;
      inline-size: 100%;
    }
    .choices {
      margin-inline-start: 0;
    }
    .choices select {
      max-inline-size: 6.5rem;
      padding-inline: 0.4rem;
    }
  }
  main {
    max-width: 84rem;
    margin-inline: auto;
    padding: clamp(1rem, 3vw, 2rem) clamp(1rem, 4vw, 2rem) 4rem;
  }
  main:focus {
    outline: none;
  }
  main:focus-visible {
    box-shadow: inset 0 3px var(--_accent);
  }
  .way {
    margin-bottom: 0.5rem;
  }
  .narrow {
    max-width: 46rem;
    margin-inline: auto;
  }
  .skip:not(:focus) {
    position: absolute;
    clip-path: inset(50%);
  }
`;
