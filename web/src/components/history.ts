/** States of something that is edited, to go back to and forth again. */
const MOST = 200; // states kept

export class History<T> {
  private past: T[] = [];
  private future: T[] = [];
  private tag = "";

  get before(): boolean {
    return this.past.length > 0;
  }

  get after(): boolean {
    return this.future.length > 0;
  }

  /** Keep a state that is about to be left; changes in a row with one tag (not `""`) are one step. */
  leave(state: T, tag = ""): void {
    if (!tag || tag !== this.tag) this.past = [...this.past, state].slice(-MOST);
    this.tag = tag;
    this.future = [];
  }

  /** Let the next change be a step of its own. */
  pause(): void {
    this.tag = "";
  }

  /** Return the state before, given the one that is left; null: there is none. */
  undo(state: T): T | null {
    return this.step(this.past, this.future, state);
  }

  /** Return the state that was undone last, given the one that is left; null: there is none. */
  redo(state: T): T | null {
    return this.step(this.future, this.past, state);
  }

  private step(from: T[], to: T[], state: T): T | null {
    const found = from.pop() ?? null;
    if (found !== null) to.push(state);
    this.tag = "";
    return found;
  }
}
