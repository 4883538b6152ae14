/** Where one is in the list of cues: the focus, and the line that plays. */
import { scrolling } from "../focus";

/** Focus something in a cue's line (empty: only bring the line into view). */
export function focusLine(root: ParentNode, key: number, what: string): void {
  const line = lineOf(root, key);
  const field = what ? line?.querySelector<HTMLElement>(what) : null;
  field?.focus({ preventScroll: true });
  if (field instanceof HTMLTextAreaElement) field.setSelectionRange(0, 0);
  line?.scrollIntoView({ block: "nearest", behavior: scrolling() });
}

/**
 * Bring the line that plays into view once another does, for who looks at the list: not while
 * something is typed, and not where the list itself is out of sight.
 */
export function follow(root: ParentNode, key: number | null, before: number | null): void {
  const list = root.querySelector("ul")?.getBoundingClientRect();
  const held = (root as ShadowRoot).activeElement;
  if (key === null || key === before || !list || textField(held)) return;
  if (list.bottom < 0 || list.top > innerHeight) return;
  lineOf(root, key)?.scrollIntoView({ block: "nearest", behavior: scrolling() });
}

/** Whether keys that are pressed there are typed. */
export function textField(target: EventTarget | null | undefined): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement || (target instanceof HTMLElement && target.isContentEditable);
}

function lineOf(root: ParentNode, key: number): HTMLElement | null {
  return root.querySelector<HTMLElement>(`[data-key="${key}"]`);
}
