/** What survives a reload: each unfinished upload's record, and where it fits, its file. */

/** An upload as it is kept; `url` is where its bytes go, once that is known. */
export interface Kept {
  videoId: string;
  projectId: string;
  gateway: string;
  title: string;
  filename: string;
  size: number; // bytes
  modified: number; // the file's, milliseconds since 1970
  languages: string[];
  url: string | null;
  key: string; // of the wish to process, so that it is fulfilled once
}

const KEY = "docreel.uploads";
const LARGEST = 1_000_000_000; // bytes of a file that the browser is asked to keep

export function kept(): Kept[] {
  return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Kept[];
}

export function keep(one: Kept): void {
  const others = kept().filter((other) => other.videoId !== one.videoId);
  localStorage.setItem(KEY, JSON.stringify([...others, one]));
}

export async function forget(videoId: string): Promise<void> {
  localStorage.setItem(KEY, JSON.stringify(kept().filter((one) => one.videoId !== videoId)));
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
