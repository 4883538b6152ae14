/** How fast bytes go, over the last seconds: even enough to be read. */

const WINDOW = 8000; // milliseconds

export class Speed {
  private points: { at: number; sent: number }[] = [];

  reset(): void {
    this.points = [];
  }

  note(sent: number, at: number = performance.now()): void {
    this.points.push({ at, sent });
    this.points = this.points.filter((point) => at - point.at < WINDOW);
  }

  /** Bytes per second; 0 where it cannot be told. */
  get current(): number {
    const [first, last] = [this.points[0], this.points.at(-1)];
    if (!first || !last || last.at - first.at < 250) return 0;
    return ((last.sent - first.sent) / (last.at - first.at)) * 1000;
  }
}
