/** Why an upload does not go on, in words for people, and whether it ever will. */
import type { DetailedError } from "tus-js-client";
import { Refusal, refusal } from "../api/gateway";
import { t } from "../texts/locale";

const FOR_GOOD = [403, 404, 409, 413, 422]; // the gateway's statuses

/** Return what happened as a refusal where an answer came, or as an error that says that none did. */
export async function reason(error: Error | DetailedError): Promise<Error> {
  const answer = "originalResponse" in error ? error.originalResponse : null;
  if (answer && answer.getStatus() >= 400) {
    return refusal(new Response(answer.getBody(), { status: answer.getStatus() }));
  }
  return error instanceof TypeError || "originalRequest" in error ? new Error(t("upload_away")) : error;
}

/** Tell whether asking again with the same file changes nothing. */
export function isForGood(error: Error): boolean {
  if (!(error instanceof Refusal)) return false;
  // A ticket of the storage's ends, and an offset was wrong: who goes on is given what is right.
  const lasting = !["", "upload-offset"].includes(error.kind);
  return error.status === 413 || (lasting && FOR_GOOD.includes(error.status));
}

/** Tell whether there is no such video (any more). */
export function isMissing(error: unknown): boolean {
  return error instanceof Refusal && error.status === 404;
}
