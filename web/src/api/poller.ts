/** Polling as the API's contract has it: entity tags, Retry-After, backoff, and rest while hidden. */
import { type Answer, Refusal } from "./gateway";

const SOONEST = 2; // seconds between two looks
const LONGEST = 30; // seconds, after errors

export interface Polled<T> {
  /** Ask, with the last answer's tag. */
  ask: (etag: string | null, signal: AbortSignal) => Promise<Answer<T>>;
  /** Take an answer that is new; return whether to go on, or the least seconds to wait from now on. */
  take: (value: T) => boolean | number;
  /** Take what went wrong, or null once it goes well again. */
  fail: (error: Error | null) => void;
  /** Refusals that asking again does not change. */
  final?: (refusal: Refusal) => boolean;
}

/** Asks every two seconds or when Retry-After says, from `start` to `stop` or to the end. */
export class Poller<T> {
  private timer = 0;
  private errors = 0;
  private etag: string | null = null;
  private flight: AbortController | null = null;
  private running = false;
  private least = SOONEST;

  constructor(private readonly polled: Polled<T>) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    document.addEventListener("visibilitychange", this.onVisibility);
    this.onVisibility();
  }

  stop(): void {
    this.running = false;
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.timer);
    this.flight?.abort();
    this.flight = null;
  }

  /** Look now: something was done that changes the answer. */
  now(): void {
    clearTimeout(this.timer);
    if (this.running && !document.hidden && !this.flight) void this.look();
  }

  private readonly onVisibility = (): void => {
    if (document.hidden) clearTimeout(this.timer);
    else this.now();
  };

  private async look(): Promise<void> {
    const flight = new AbortController();
    this.flight = flight;
    let wait: number | null;
    try {
      wait = this.taken(await this.polled.ask(this.etag, flight.signal));
    } catch (error) {
      if (flight.signal.aborted) return;
      wait = this.failed(error as Error);
    }
    this.flight = null;
    if (wait === null) this.stop();
    else if (this.running && !document.hidden) {
      this.timer = window.setTimeout(() => void this.look(), wait * 1000);
    }
  }

  /** Return the seconds to wait, or null at the end. */
  private taken(answer: Answer<T>): number | null {
    this.errors = 0;
    this.polled.fail(null);
    this.etag = answer.etag ?? this.etag;
    if (answer.body !== null) {
      const next = this.polled.take(answer.body);
      if (next === false) return null;
      this.least = next === true ? SOONEST : next;
    }
    return Math.max(this.least, answer.retryAfter ?? 0);
  }

  private failed(error: Error): number | null {
    this.polled.fail(error);
    if (error instanceof Refusal) {
      if (this.polled.final?.(error) ?? [401, 403, 404].includes(error.status)) return null;
      if (error.retryAfter !== null) return Math.max(SOONEST, error.retryAfter) + Math.random();
    }
    this.errors += 1;
    // Many pages that lost the same gateway must not come back to it in step.
    const wait = Math.min(LONGEST, SOONEST * 2 ** (this.errors - 1));
    return wait * (0.5 + Math.random() / 2);
  }
}

/** Do something after a while, but not before the page is looked at; return what calls it off. */
export function later(milliseconds: number, what: () => void): () => void {
  const off = new AbortController();
  const timer = window.setTimeout(() => {
    if (document.hidden) document.addEventListener("visibilitychange", what, { once: true, signal: off.signal });
    else what();
  }, milliseconds);
  return () => {
    clearTimeout(timer);
    off.abort();
  };
}
