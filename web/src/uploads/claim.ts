/** One upload is sent by one tab: a lock, which a tab that is closed lets go of by itself. */
export class Claim {
  private release: (() => void) | null = null;
  private taking: Promise<boolean> | null = null;

  constructor(private readonly name: string) {}

  /** Take it unless another tab has it; asked twice at once, this tab is no other one to itself. */
  take(): Promise<boolean> {
    this.taking ??= this.request({ ifAvailable: true }).finally(() => {
      this.taking = null;
    });
    return this.taking;
  }

  /** Take it once no other tab has it. */
  async wait(): Promise<void> {
    await this.request({});
  }

  letGo(): void {
    this.release?.();
    this.release = null;
  }

  private async request(options: LockOptions): Promise<boolean> {
    if (this.release !== null || !("locks" in navigator)) return true;
    return new Promise((resolve) => {
      void navigator.locks.request(this.name, options, (lock) => {
        resolve(lock !== null);
        if (lock === null) return undefined;
        return new Promise<void>((release) => {
          this.release = release;
        });
      });
    });
  }
}
