/** The gateway's HTTP API, as the components ask it: its address, a token, answers and refusals. */
import { problem } from "../texts/problems";
import type { components } from "./schema";

export type Schemas = components["schemas"];
export type Job = Schemas["Job"];
export type Stage = Schemas["Stage"];
export type JobWithSteps = Schemas["JobWithSteps"];
export type Project = Schemas["Project"];
export type Video = Schemas["Video"];
export type Article = Schemas["Article"];
export type ListedArticle = Schemas["ListedArticle"];
export type Chapter = Schemas["Chapter"];
export type Segment = Schemas["Segment"];
export type Cue = Schemas["Cue"];
export type Operations = Schemas["Operations"];
export type Media = Schemas["Media"];

/** An answer that was not refused; `body` is null for 204 and 304. `retryAfter` is in seconds. */
export interface Answer<T> {
  status: number;
  body: T | null;
  etag: string | null;
  retryAfter: number | null;
}

/** The gateway refused: `status` is HTTP's, `kind` the problem's stable name, `message` for people. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
    readonly retryAfter: number | null,
    /** What was wrong with which value, where it is told. */
    readonly fields: { field: string; message: string }[] = [],
  ) {
    super(message);
  }
}

/** How something is asked for; `body` is sent as JSON, `bytes` as they are. */
export interface Asked {
  method?: string;
  body?: unknown;
  bytes?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A gateway at `base` (no slash at its end; empty: this site), called with a bearer token. */
export class Gateway {
  constructor(
    readonly base: string,
    private readonly token: () => Promise<string | null>,
  ) {}

  /** Return an address of the gateway as a whole one. */
  url(path: string): string {
    return new URL(path, this.base ? `${this.base}/` : location.href).href;
  }

  /** Return the headers that say who calls. */
  async headers(): Promise<Record<string, string>> {
    const token = await this.token();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  /** Ask; raise Refusal for what is refused, and TypeError where no answer comes. */
  async ask<T>(path: string, asked: Asked = {}): Promise<Answer<T>> {
    const answer = await this.response(path, asked);
    const empty = answer.status === 204 || answer.status === 304;
    return {
      status: answer.status,
      body: empty ? null : ((await answer.json()) as T),
      etag: answer.headers.get("etag"),
      retryAfter: seconds(answer),
    };
  }

  /** Ask for what is there; raise as `ask` does. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const { body } = await this.ask<T>(path, signal ? { signal } : {});
    return body as T;
  }

  /** Send a wish that must not be fulfilled twice: `key` is the same when it is repeated. */
  async post<T>(path: string, body?: unknown, key: string = crypto.randomUUID()): Promise<T> {
    const answer = await this.ask<T>(path, {
      method: "POST",
      body,
      headers: { "Idempotency-Key": key },
    });
    return answer.body as T;
  }

  /** Put a subtitle file beside a video; return what was read of it. */
  async give(video: string, file: File): Promise<Schemas["SubtitleFile"]> {
    const path = `/api/videos/${video}/subtitle-file?filename=${encodeURIComponent(file.name)}`;
    return (await this.ask<Schemas["SubtitleFile"]>(path, { method: "PUT", bytes: file })).body as Schemas["SubtitleFile"];
  }

  /** Return the bytes at an address, for the user to save. */
  async blob(path: string): Promise<Blob> {
    return (await this.response(path, {})).blob();
  }

  private async response(path: string, asked: Asked): Promise<Response> {
    const { method = "GET", body, bytes, headers = {}, signal } = asked;
    const answer = await fetch(this.url(path), {
      method,
      headers: {
        ...(await this.headers()),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(bytes === undefined ? {} : { "Content-Type": "application/octet-stream" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(bytes === undefined ? {} : { body: bytes }),
      ...(signal ? { signal } : {}),
      // The tags are ours to compare: a cache of the browser's would answer 200 for a 304.
      cache: "no-store",
    });
    if (!answer.ok && answer.status !== 304) throw await refusal(answer);
    return answer;
  }
}

function seconds(answer: Response): number | null {
  const told = Number(answer.headers.get("retry-after") ?? "none");
  return Number.isFinite(told) ? told : null;
}

/** Return what an answer refuses, in the gateway's words. */
export async function refusal(answer: Response): Promise<Refusal> {
  const told = (await answer.json().catch(() => ({}))) as Partial<Schemas["Problem"]> & { errors?: Refusal["fields"] };
  const message = told.title ? `${told.title}. ${told.detail ?? ""}`.trim() : answer.statusText;
  const kind = (told.type ?? "").split(":").at(-1) ?? "";
  return new Refusal(answer.status, kind, problem(kind) || message || String(answer.status), seconds(answer), told.errors);
}
