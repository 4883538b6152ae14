/** What is typed and not saved yet: nobody leaves it behind without being asked. */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { t } from "./texts/locale";

const open = new Set<Unsaved>();

/** A component that may hold something unsaved, for as long as it is in the page. */
export class Unsaved implements ReactiveController {
  /**
   * `closing` tells whether something would be lost with the browser's tab, `going` whether it would
   * be with the component alone, which may save when it goes away.
   */
  constructor(
    host: ReactiveControllerHost,
    readonly closing: () => boolean,
    readonly going: () => boolean = closing,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    open.add(this);
    window.addEventListener("beforeunload", onClosing); // the same one is added once
  }

  hostDisconnected(): void {
    open.delete(this);
    if (open.size === 0) window.removeEventListener("beforeunload", onClosing);
  }
}

/** Whether one may go to another place of the page: who would lose something is asked. */
export function mayGo(): boolean {
  return ![...open].some((one) => one.going()) || window.confirm(t("leave_unsaved"));
}

function onClosing(event: BeforeUnloadEvent): void {
  if ([...open].some((one) => one.closing())) event.preventDefault();
}
