/** What survives a reload: each unfinished upload's record, and where it fits, its file. */

/** An upload as it is kept; `url` is where its bytes go, once that is known. */
export interface Kept {
  videoId: string;
  projectId: string;
  gateway: string;
  user: string; // whose it is; others who log in here neither see nor send it
  title: string;
  filename: string;
  size: number; // bytes
  modified: number; // the file's, milliseconds since 1970
  languages: string[];
  url: string | null;
  key: string; // of the wish to process, so that it is fulfilled once
  sent: number; // bytes of the pieces that have arrived
  paused: boolean;
  refusal: string; // why it was refused for good; empty: it was not
}

const KEY = "docreel.uploads";
const LARGEST = 1_000_000_000; // bytes of a file that the browser is asked to keep

/** Return all that are kept, in the order in which they were added. */
export function kept(): Kept[] {
  return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Kept[];
}

export function keptOne(videoId: string): Kept | undefined {
  return kept().find((one) => one.videoId === videoId);
}

/** Keep one more. */
export function keep(one: Kept): void {
  write([...kept(), one]);
}

/** Keep what has changed of one, in its place; one that another tab has forgotten stays forgotten. */
export function renew(one: Kept): void {
  write(kept().map((other) => (other.videoId === one.videoId ? one : other)));
}

/** Call when another tab has changed what is kept. */
export function watch(changed: () => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) changed();
  });
}

export async function forget(videoId: string): Promise<void> {
  write(kept().filter((one) => one.videoId !== videoId));
  await forgetFile(videoId);
}

export async function forgetFile(videoId: string): Promise<void> {
  await inFiles("readwrite", (files) => files.delete(videoId)).catch(() => undefined);
}

/** Keep a file's bytes with the browser; without room the user chooses the file again. */
export async function keepFile(videoId: string, file: File): Promise<void> {
  if (file.size > LARGEST) return;
  await inFiles("readwrite", (files) => files.put(file, videoId)).catch(() => undefined);
}

export async function keptFile(videoId: string): Promise<File | null> {
  const found = await inFiles("readonly", (files) => files.get(videoId)).catch(() => null);
  return found instanceof File ? found : null;
}

function write(records: Kept[]): void {
  localStorage.setItem(KEY, JSON.stringify(records));
}

async function inFiles(
  mode: IDBTransactionMode,
  act: (files: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const opening = indexedDB.open("docreel", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("files");
  const database = (await done(opening)) as IDBDatabase;
  try {
    return await done(act(database.transaction("files", mode).objectStore("files")));
  } finally {
    database.close();
  }
}

function done(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
