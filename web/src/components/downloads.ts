/** Files saved from the gateway: a link could not carry the token. */
import type { Gateway } from "../api/gateway";

export async function save(api: Gateway, path: string, name: string): Promise<void> {
  const address = URL.createObjectURL(await api.blob(path));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Return a title as a file may be called. */
export function fileName(title: string): string {
  return title.replace(/[\\/:*?"<>|]+/g, " ");
}
