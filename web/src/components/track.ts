/** A track of subtitles that is edited: what the gateway has of it, what was changed since, and how it is saved. */
import { type Answer, type Asked, type Cue, type Gateway, Refusal, type Schemas } from "../api/gateway";
import { type Name, t } from "../texts/locale";
import * as cues from "./cues";
import { History } from "./history";

type Told = Answer<Schemas["Track"]>;

export type Decision = Schemas["TrackDecision"]["proposal"];

export class Track {
  rows: cues.Rows = [];
  proposal: Cue[] | null = null;
  /** Whether somebody else changed it since it was read. */
  conflict = false;
  saving = false;
  message = "";
  /** Why a cue could not be saved, by its key. */
  refused = new Map<number, string>();
  private history = new History<cues.Rows>();
  private stored: cues.Rows | null = null; // as they stand in the gateway; null: not read yet
  private etag = "";
  private at = ""; // its path in the gateway
  private turn = 0; // an answer to what was asked before it was read anew is dropped

  /** `path` is the track's in the gateway; `tell` is called after each change of what is here. */
  constructor(
    private readonly api: () => Gateway,
    private readonly path: () => string,
    private readonly tell: () => void,
  ) {}

  get loaded(): boolean {
    return this.stored !== null;
  }

  get changed(): boolean {
    return this.stored !== null && this.rows !== this.stored;
  }

  get undoable(): boolean {
    return this.history.before;
  }

  get redoable(): boolean {
    return this.history.after;
  }

  /** Put rows in place of those that are there; what has the same tag is undone together. */
  apply(rows: cues.Rows, tag = ""): void {
    this.history.leave(this.rows, tag);
    this.put(rows);
  }

  /** Let the next change be undone by itself. */
  pause(): void {
    this.history.pause();
  }

  /** Go back to what was before, or forth again; return the first row that differs, or null. */
  step(to: "undo" | "redo"): cues.Row | null {
    const before = this.rows;
    const rows = this.history[to](before);
    if (rows === null) return null;
    this.put(rows);
    return rows.find((one, n) => before[n] !== one) ?? rows.at(-1) ?? null;
  }

  /** Read the track that the path leads to now. */
  async load(): Promise<void> {
    this.turn += 1;
    if (this.at !== this.path()) {
      // What is left of another track must not be saved as this one.
      this.at = this.path();
      this.show({ body: null, etag: null });
      this.stored = null;
    }
    await this.ask({}, (answer) => this.show(answer));
  }

  /** Decide on what a machine heard later; return whether it is done. */
  decide(proposal: Decision): Promise<boolean> {
    return this.ask({ method: "PATCH", body: { proposal }, headers: { "If-Match": this.etag } }, (answer) => this.show(answer));
  }

  /** Save; return whether it is done: what was refused says so, and is the gateway's to say after ours. */
  async save(): Promise<boolean> {
    const sent = this.rows;
    this.refuse(sent.flatMap((one) => (cues.refused(one) ? [[one.key, t(cues.refused(one) as Name)] as const] : [])));
    if (this.refused.size) return false;
    const body = { cues: sent.map(({ start, end, text }) => ({ start, end, text })) };
    this.saving = true;
    const stored = (answer: Told): void => {
      this.etag = answer.etag ?? "";
      this.message = "";
      this.keep(sent, answer.body?.cues ?? []);
    };
    const done = await this.ask({ method: "PUT", body, headers: { "If-Match": this.etag } }, stored, sent);
    this.saving = false;
    this.tell();
    return done;
  }

  /** Save over what somebody else saved. */
  async overwrite(): Promise<boolean> {
    const { turn } = this;
    const read = await this.ask({}, ({ etag }) => {
      this.etag = etag ?? "";
      this.conflict = false;
    });
    return read && turn === this.turn && this.save();
  }

  private put(rows: cues.Rows): void {
    this.rows = rows;
    const refused = [...this.refused].filter(([key]) => rows.some((one) => one.key === key && cues.refused(one) !== null));
    if (this.refused.size && !refused.length) this.message = "";
    this.refused = new Map(refused);
    this.tell();
  }

  private show({ body, etag }: Pick<Told, "body" | "etag">): void {
    this.etag = etag ?? "";
    this.rows = this.stored = cues.rowsOf(body?.cues ?? []);
    this.proposal = body?.proposal?.cues ?? null;
    this.history = new History();
    this.refused = new Map();
    this.conflict = false;
    this.message = "";
  }

  /** Take what is stored: without blank lines, and to the millisecond. What was changed meanwhile stays, unsaved. */
  private keep(sent: cues.Rows, stored: Cue[]): void {
    const rows = stored.length === sent.length ? sent.map((one, n) => ({ ...one, ...stored[n] })) : cues.rowsOf(stored);
    if (this.rows === sent) this.rows = rows;
    this.stored = rows;
  }

  /** Ask the gateway, and take what it answers; return whether it was not refused. */
  private async ask(asked: Asked, take: (answer: Told) => void, sent: cues.Rows = []): Promise<boolean> {
    const { turn } = this;
    try {
      const answer = await this.api().ask<Schemas["Track"]>(this.at, asked);
      if (turn === this.turn) take(answer);
      return true;
    } catch (error) {
      if (turn === this.turn) this.fail(error as Error, sent);
      return false;
    } finally {
      this.tell();
    }
  }

  private fail(error: Error, sent: cues.Rows): void {
    this.conflict = error instanceof Refusal && error.status === 412;
    this.message = this.conflict ? "" : error instanceof TypeError ? t("trouble_away") : error.message;
    if (!(error instanceof Refusal)) return;
    // What the gateway says of a cue is said at its place.
    this.refuse(
      error.fields.flatMap(({ field, message }) => {
        const row = sent[Number(/^cues\.(\d+)/.exec(field)?.[1] ?? "-1")];
        return row ? [[row.key, message] as const] : [];
      }),
    );
  }

  private refuse(named: (readonly [number, string])[]): void {
    this.refused = new Map(named);
    if (named.length) this.message = t("cues_refused", { n: named.length });
    this.tell();
  }
}
