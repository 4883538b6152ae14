/** All uploads of this tab: two at a time, whatever page is shown, also those from before a reload. */
import type { Gateway } from "../api/gateway";
import { keep, keepFile, kept, keptFile, watch } from "./shelf";
import { type Phase, Transfer } from "./transfer";

const AT_ONCE = 2;
const SENT: Phase[] = ["preparing", "sending", "starting"];
const ON_ITS_WAY: Phase[] = [...SENT, "waiting", "paused", "lost"];

/** Tell whether an upload needs this page, or somebody, to come to its end. */
export function isOnItsWay(transfer: Transfer): boolean {
  return ON_ITS_WAY.includes(transfer.phase);
}

export class Queue extends EventTarget {
  transfers: Transfer[] = [];
  private restoring: Promise<void> = Promise.resolve();

  constructor() {
    super();
    watch(() => this.transfers.forEach((one) => one.follow()));
  }

  /** Take up what an earlier visit of a user's left on a gateway. */
  restore(api: Gateway, user: string): Promise<void> {
    // The page and the component both ask: at the same time they would take up everything twice.
    this.restoring = this.restoring.then(() => this.takeUp(api, user));
    return this.restoring;
  }

  /** Take a new upload, and keep what it needs to go on after a reload. */
  async take(transfer: Transfer, file: File): Promise<void> {
    keep(transfer.kept);
    this.add(transfer);
    await keepFile(transfer.kept.videoId, file);
  }

  private async takeUp(api: Gateway, user: string): Promise<void> {
    for (const one of kept()) {
      const mine = one.gateway === api.base && ["", user].includes(one.user);
      const known = this.transfers.some((other) => other.kept.videoId === one.videoId);
      if (mine && !known) this.add(new Transfer(api, one, await keptFile(one.videoId)));
    }
  }

  private add(transfer: Transfer): void {
    transfer.addEventListener("change", () => this.changed());
    this.transfers = [...this.transfers, transfer];
    this.changed();
  }

  private changed(): void {
    this.transfers = this.transfers.filter((one) => one.phase !== "discarded");
    const going = this.transfers.filter((one) => SENT.includes(one.phase));
    // What has no file is only asked after.
    const next = this.transfers.find((one) => one.phase === "waiting" && (going.length < AT_ONCE || one.file === null));
    void next?.start();
    this.dispatchEvent(new Event("change"));
  }
}

export const queue = new Queue();
