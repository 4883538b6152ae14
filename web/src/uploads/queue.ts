/** All uploads of this tab: two at a time, whatever page is shown, also those from before a reload. */
import type { Gateway } from "../api/gateway";
import { kept, keptFile } from "./shelf";
import { Transfer } from "./transfer";

const AT_ONCE = 2;

export class Queue extends EventTarget {
  transfers: Transfer[] = [];

  /** Take up what an earlier visit left on a gateway. */
  async restore(api: Gateway): Promise<void> {
    for (const one of kept()) {
      const known = this.transfers.some((other) => other.kept.videoId === one.videoId);
      if (one.gateway !== api.base || known) continue;
      this.add(new Transfer(api, one, await keptFile(one.videoId)));
    }
  }

  add(transfer: Transfer): void {
    transfer.addEventListener("change", () => this.changed());
    this.transfers = [...this.transfers, transfer];
    this.changed();
  }

  async remove(transfer: Transfer): Promise<void> {
    this.transfers = this.transfers.filter((other) => other !== transfer);
    if (transfer.phase !== "started") await transfer.discard();
    this.changed();
  }

  /** Tell whether leaving the site would stop something. */
  get busy(): boolean {
    return this.transfers.some((one) => ["waiting", "sending", "starting"].includes(one.phase));
  }

  private changed(): void {
    const going = this.transfers.filter((one) => ["sending", "starting"].includes(one.phase));
    const next = this.transfers.find((one) => one.phase === "waiting");
    if (next && going.length < AT_ONCE) void next.start();
    this.dispatchEvent(new Event("change"));
  }
}

export const queue = new Queue();
