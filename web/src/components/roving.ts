/** `${roving()}` in a toolbar: one Tab stop, and arrow keys within it (WAI-ARIA Authoring Practices). */
import { noChange } from "lit";
import { directive, Directive, type ElementPart } from "lit/directive.js";

const ITEMS = "button:not(:disabled), select:not(:disabled)";

class Roving extends Directive {
  private bar: HTMLElement | null = null;
  private current: HTMLElement | null = null;

  override render(): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart): typeof noChange {
    if (this.bar !== part.element) {
      this.bar = part.element as HTMLElement;
      this.bar.addEventListener("keydown", (event) => this.move(event));
      this.bar.addEventListener("focusin", (event) => this.settle(event.target));
    }
    queueMicrotask(() => this.settle()); // what stands in the bar is rendered after it
    return noChange;
  }

  private get items(): HTMLElement[] {
    return [...(this.bar?.querySelectorAll<HTMLElement>(ITEMS) ?? [])];
  }

  /** Let Tab come to one item: the one that had the focus last, else the first. */
  private settle(focused: EventTarget | null = null): void {
    const { items } = this;
    this.current = items.find((one) => one === focused) ?? items.find((one) => one === this.current) ?? items[0] ?? null;
    for (const one of items) one.tabIndex = one === this.current ? 0 : -1;
  }

  private move(event: KeyboardEvent): void {
    const { items } = this;
    const at = items.findIndex((one) => one === event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const ahead = getComputedStyle(this.bar as HTMLElement).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = ahead === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const places: Record<string, number> = { [ahead]: at + 1, [back]: at - 1, Home: 0, End: items.length - 1 };
    const next = places[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  }
}

export const roving = directive(Roving);

/** Give the focus to the item of a toolbar that Tab would come to. */
export function enter(bar: Element | null): void {
  bar?.querySelector<HTMLElement>(':is(button, select)[tabindex="0"]')?.focus();
}
