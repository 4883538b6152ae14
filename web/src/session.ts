/** Who is logged in, where the gateway has accounts: Supabase Auth, kept in this browser. */
import type { Schemas } from "./api/gateway";

const KEY = "docreel.session";
const EARLY = 60; // seconds before its end at which a token is renewed

interface Session {
  access_token: string;
  refresh_token: string;
  expires_at: number; // seconds since 1970
}

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

/** Forget who is logged in. */
export function logOut(): void {
  localStorage.removeItem(KEY);
}

/** Return a token that is good for a while, or null where nobody is logged in. */
export async function currentToken(): Promise<string | null> {
  const session = stored();
  if (session === null || login.kind !== "supabase") return null;
  if (session.expires_at - EARLY > Date.now() / 1000) return session.access_token;
  renewing ??= asked("refresh_token", { refresh_token: session.refresh_token })
    .catch(() => null)
    .finally(() => {
      renewing = null;
    });
  const renewed = await renewing;
  if (renewed === null) logOut();
  return renewed?.access_token ?? null;
}

async function asked(grant: string, body: Record<string, string>): Promise<Session> {
  const answer = await fetch(`${login.supabase_url}/auth/v1/token?grant_type=${grant}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      apikey: login.supabase_publishable_key ?? "",
    },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.msg ?? told.error_description ?? answer.statusText);
  const session: Session = {
    access_token: told.access_token,
    refresh_token: told.refresh_token,
    expires_at: told.expires_at ?? Date.now() / 1000 + told.expires_in,
  };
  localStorage.setItem(KEY, JSON.stringify(session));
  return session;
}

function stored(): Session | null {
  const text = localStorage.getItem(KEY);
  return text === null ? null : (JSON.parse(text) as Session);
}
