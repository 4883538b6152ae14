/** Who is logged in, where the gateway has accounts: Supabase Auth, kept in this browser. */
import type { Schemas } from "./api/gateway";

const KEY = "docreel.session";
const EARLY = 60; // seconds before its end at which a token is renewed

interface Session {
  access_token: string;
  refresh_token: string;
  expires_at: number; // seconds since 1970
}

/** Tells (`change`) that somebody has logged in or out, in this tab or in another. */
export const session = new EventTarget();
window.addEventListener("storage", (event) => {
  if (event.key === KEY) changed();
});

let login: Schemas["Login"] = { kind: "none" };
let renewing: Promise<Session | null> | null = null;

/** Learn how users log in here, from GET /api/config. */
export function useLogin(told: Schemas["Login"]): void {
  login = told;
}

/** Tell whether somebody has to log in before anything can be seen. */
export function needsLogin(): boolean {
  return login.kind === "supabase" && stored() === null;
}

/** Tell whether there are accounts here at all. */
export function hasAccounts(): boolean {
  return login.kind === "supabase";
}

/** Log in; raise Error with the reason where it is refused. */
export async function logIn(email: string, password: string): Promise<void> {
  await asked("password", { email, password });
}

/** Tell whether somebody without an account makes one here, and what they find then. */
export function signUpKind(): Schemas["Login"]["sign_up"] {
  return login.sign_up ?? null;
}

/** Make an account; return whether that logged in, or a link in a mail comes first. Raises Error as `logIn` does. */
export async function signUp(email: string, password: string): Promise<boolean> {
  const told = await called("signup", { email, password });
  if (!told["access_token"]) return false;
  keep(told);
  return true;
}

/**
 * Hand the session over to somebody else, as the command is: tell its refresh token (`handed-over`) and forget it.
 * It is good for one renewal, so that two who hold it would end it for each other.
 */
export async function handOver(): Promise<void> {
  await currentToken(); // a session that has ended is not handed over
  const known = stored();
  if (known) session.dispatchEvent(new CustomEvent("handed-over", { detail: known.refresh_token }));
  forget();
}

/** Forget who is logged in, here and, where it can be reached, at Supabase. */
export async function logOut(): Promise<void> {
  const ended = stored();
  forget();
  if (ended === null) return;
  await fetch(`${login.supabase_url}/auth/v1/logout?scope=local`, {
    method: "POST",
    headers: { apikey: login.supabase_publishable_key ?? "", Authorization: `Bearer ${ended.access_token}` },
  }).catch(() => undefined);
}

function forget(): void {
  localStorage.removeItem(KEY);
  changed();
}

function changed(): void {
  session.dispatchEvent(new Event("change"));
}

/** Return a token that is good for a while, or null where nobody is logged in. */
export async function currentToken(): Promise<string | null> {
  const known = stored();
  if (known === null || login.kind !== "supabase") return null;
  if (known.expires_at - EARLY > Date.now() / 1000) return known.access_token;
  renewing ??= renewed(known).finally(() => {
    renewing = null;
  });
  return (await renewing)?.access_token ?? null;
}

/** Renew once for all tabs: a refresh token is good for one renewal. */
async function renewed(known: Session): Promise<Session | null> {
  const renew = async (): Promise<Session | null> => {
    const latest = stored();
    if (latest === null || latest.access_token !== known.access_token) return latest;
    try {
      return await asked("refresh_token", { refresh_token: known.refresh_token });
    } catch (error) {
      // Supabase that is away ends no session: the token is good for a little while yet.
      if (error instanceof TypeError) return known;
      forget();
      return null;
    }
  };
  return "locks" in navigator ? navigator.locks.request("docreel-session", renew) : renew();
}

async function asked(grant: string, body: Record<string, string>): Promise<Session> {
  return keep(await called(`token?grant_type=${grant}`, body));
}

async function called(path: string, body: Record<string, string>): Promise<Record<string, any>> {
  const answer = await fetch(`${login.supabase_url}/auth/v1/${path}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      apikey: login.supabase_publishable_key ?? "",
    },
    body: JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told["msg"] ?? told["error_description"] ?? answer.statusText);
  return told;
}

function keep(told: Record<string, any>): Session {
  const made: Session = {
    access_token: told["access_token"],
    refresh_token: told["refresh_token"],
    expires_at: told["expires_at"] ?? Date.now() / 1000 + told["expires_in"],
  };
  localStorage.setItem(KEY, JSON.stringify(made));
  changed();
  return made;
}

function stored(): Session | null {
  const text = localStorage.getItem(KEY);
  return text === null ? null : (JSON.parse(text) as Session);
}
