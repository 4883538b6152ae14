/** What is done to a track's cues. Each gives a new list, in order, and makes no times overlap or negative. */
import type { Cue } from "../api/gateway";
import type { Name } from "../texts/locale";

const LASTS = 2; // seconds that a new cue has, where there is room
const SHORT = 5 / 6; // seconds that one can still be read in
const ROOM = 0.1; // seconds below which there is no room for a cue
const LATEST = 360_000; // seconds, and the longest text: what the gateway takes
const LONGEST = 2000; // characters

/** A cue in the editor; `key` stays its own whatever becomes of it. */
export interface Row extends Cue {
  key: number;
}

export type Rows = readonly Row[];

/** The rows afterwards, and the key of the one to go on with; rows are null where nothing could be done. */
export interface Done {
  rows: Rows | null;
  key: number;
}

/** Return cues as rows, with keys from `first` on. */
export function rowsOf(cues: Cue[], first = 0): Rows {
  return cues.map(({ start, end, text }, n) => ({ start, end, text, key: first + n }));
}

/** Put an empty cue into the gap after one. */
export function insertAfter(rows: Rows, key: number): Done {
  const at = rows.findIndex((one) => one.key === key);
  return inserted(rows, key, latest(rows.slice(0, at + 1)), rows[at + 1]?.start ?? Infinity);
}

/** Put an empty cue at a second, unless one stands there: then its key is told. */
export function insertAt(rows: Rows, second: number): Done {
  const there = rows.find((one) => one.start <= second && second < one.end);
  if (there) return { rows: null, key: there.key };
  const after = rows.filter((one) => one.start <= second);
  const until = rows[after.length]?.start ?? Infinity;
  // Just before the next cue it begins earlier, so that it can be read.
  const from = until - second < SHORT ? Math.max(latest(after), until - SHORT) : second;
  return inserted(rows, rows[after.length]?.key ?? -1, from, until);
}

/** Put an empty cue behind the last one. */
export function append(rows: Rows): Done {
  return inserted(rows, rows.at(-1)?.key ?? -1, latest(rows), Infinity);
}

/** Split a cue before the character `at` of its text: its time is shared as its letters are. */
export function split(rows: Rows, key: number, at: number): Done {
  const row = found(rows, key);
  const first = row.text.slice(0, at).trimEnd();
  const second = row.text.slice(at).trimStart();
  const cut = milliseconds(row.start + (row.end - row.start) * (letters(first) / (letters(first) + letters(second))));
  if (!letters(first) || !letters(second) || !(row.start < cut && cut < row.end)) return { rows: null, key };
  const made = { start: cut, end: row.end, text: second, key: fresh(rows) };
  const parts = rows.flatMap((one) => (one === row ? [{ ...row, end: cut, text: first }, made] : [one]));
  return { rows: ordered(parts), key: made.key };
}

/** Merge a cue with the next one: the texts below each other, from the first's start to the later end. */
export function merge(rows: Rows, key: number): Done {
  const row = found(rows, key);
  const next = rows[rows.indexOf(row) + 1];
  if (!next) return { rows: null, key };
  const text = [row.text, next.text].filter((one) => one.trim()).join("\n");
  const whole = { ...row, end: Math.max(row.end, next.end), text };
  return { rows: ordered(rows.filter((one) => one !== next).map((one) => (one === row ? whole : one))), key };
}

/** Let a cue begin at a second, or where the one before it ends if that is later. */
export function beginAt(rows: Rows, key: number, second: number): Done {
  const row = found(rows, key);
  const before = latest(rows.slice(0, rows.indexOf(row)));
  const start = milliseconds(Math.max(0, second, Math.min(before, row.start)));
  return start < row.end ? { rows: changed(rows, key, { start }), key } : { rows: null, key };
}

/** Let a cue end at a second, or where the next one begins if that is earlier. */
export function endAt(rows: Rows, key: number, second: number): Done {
  const row = found(rows, key);
  const next = rows[rows.indexOf(row) + 1]?.start ?? Infinity;
  const end = milliseconds(Math.min(second, Math.max(next, row.end)));
  return row.start < end ? { rows: changed(rows, key, { end }), key } : { rows: null, key };
}

/** Change what a person typed of a cue: times of theirs may overlap others, which the linter marks. */
export function changed(rows: Rows, key: number, change: Partial<Cue>): Rows {
  return ordered(rows.map((one) => (one.key === key ? { ...one, ...change } : one)));
}

/** Take a cue out; go on with the next one, or the last. */
export function remove(rows: Rows, key: number): Done {
  const at = rows.findIndex((one) => one.key === key);
  const left = rows.filter((one) => one.key !== key);
  return { rows: left, key: (left[at] ?? left.at(-1))?.key ?? -1 };
}

/** Put a cue in place of those that share its time. */
export function replace(rows: Rows, cue: Cue): Done {
  const key = fresh(rows);
  const others = rows.filter((one) => !overlap(one, cue));
  const made = { start: milliseconds(cue.start), end: milliseconds(cue.end), text: cue.text, key };
  return { rows: ordered([...others, made]), key };
}

/** Whether two cues share some of their time. */
export function overlap(one: Cue, other: Cue): boolean {
  return one.start < other.end && other.start < one.end;
}

/** Why the gateway would refuse a cue, or null. */
export function refused(cue: Cue): Name | null {
  if (!cue.text.trim()) return "cue_refused_empty";
  if (cue.text.length > LONGEST) return "cue_refused_long";
  if (cue.start < 0 || cue.end > LATEST) return "cue_refused_times";
  return Math.round(cue.end * 1000) > Math.round(cue.start * 1000) ? null : "cue_refused_backwards";
}

function inserted(rows: Rows, key: number, from: number, until: number): Done {
  const start = milliseconds(from);
  const end = milliseconds(Math.min(start + LASTS, until));
  if (end - start < ROOM) return { rows: null, key };
  const made = { start, end, text: "", key: fresh(rows) };
  return { rows: ordered([...rows, made]), key: made.key };
}

function found(rows: Rows, key: number): Row {
  const row = rows.find((one) => one.key === key);
  if (!row) throw new Error(`There is no cue ${key}.`);
  return row;
}

function fresh(rows: Rows): number {
  return rows.reduce((most, one) => Math.max(most, one.key), -1) + 1;
}

/** The second at which the last of some cues ends. */
function latest(rows: Rows): number {
  return rows.reduce((most, one) => Math.max(most, one.end), 0);
}

/** In the order that the gateway keeps. */
function ordered(rows: Rows): Rows {
  return [...rows].sort((a, b) => a.start - b.start || a.end - b.end);
}

function letters(text: string): number {
  return [...text.replace(/\s/g, "")].length;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
