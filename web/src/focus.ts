/** Keeps the keyboard's place: what has the focus and goes away leaves it to what it stood in. */

// Where reading goes on from: the next Tab comes to the first control in it.
const PLACES = "article, section, form, li, main, details, ul[tabindex], .card, .note, .read, .stack";

const SEEN = 24; // pixels of it that have to be in the window

/** Return what has the focus in a shadow root, and what is around it, from the inside. */
export function held(root: Node): Element[] {
  const found: Element[] = [];
  const focused = root instanceof ShadowRoot ? root.activeElement : null;
  for (let one = focused; one; one = one.parentElement) found.push(one);
  return found;
}

/** After a change: where the focus was lost, give it to the innermost place that is left. */
export function keep(root: ShadowRoot, [focused, ...around]: Element[]): void {
  if (!focused || (focused.isConnected && !focused.matches(":disabled"))) return;
  const left = around.find((one) => one.isConnected && one.matches(PLACES)) ?? root.querySelector(":not(style)");
  // The controls within a component that is no Tab stop itself would be none either.
  if (left instanceof HTMLElement && !left.shadowRoot) focusOn(left);
}

/** Give the focus to something that is no control; what is in sight already does not move. */
export function focusOn(place: HTMLElement | null): void {
  if (place === null) return;
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  const { top, bottom } = place.getBoundingClientRect();
  place.focus({ preventScroll: bottom > SEEN && top < innerHeight - SEEN });
}

/** How what is brought into view moves there. */
export function scrolling(): ScrollBehavior {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}
