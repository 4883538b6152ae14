/** The reader's language: texts, names of languages, numbers and times in it. */
import { english } from "./english";
import { spanish } from "./spanish";

export type Name = keyof typeof english;

const TABLES: Record<string, Record<Name, string>> = { en: english, es: spanish };
const KEY = "docreel.locale";

/** The languages that the page itself speaks. */
export const LOCALES = Object.keys(TABLES);

class Locale extends EventTarget {
  /** A BCP 47 tag of LOCALES. */
  current = first();

  choose(tag: string): void {
    this.current = tag in TABLES ? tag : "en";
    localStorage.setItem(KEY, this.current);
    this.dispatchEvent(new Event("change"));
  }
}

function first(): string {
  const wished = [localStorage.getItem(KEY), document.documentElement.dataset["locale"], ...navigator.languages];
  return wished.map((tag) => tag?.split("-")[0] ?? "").find((tag) => tag in TABLES) ?? "en";
}

export const locale = new Locale();

/** Return a text with its `{values}` filled in; `{n, one, many}` is `name` by the number `n`. */
export function t(name: Name, values: Record<string, string | number> = {}): string {
  const text = (TABLES[locale.current] ?? english)[name];
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, key: string, one?: string, many?: string) => {
    const value = values[key] ?? "";
    if (one === undefined) return typeof value === "number" ? number(value) : value;
    return value === 1 ? one : (many ?? "");
  });
}

/** Return a language's name, such as `Spanish`, in the reader's language. */
export function languageName(tag: string): string {
  try {
    const name = new Intl.DisplayNames([locale.current], { type: "language" }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(locale.current) + name.slice(1);
  } catch {
    return tag;
  }
}

/** Return the direction that a language is written in. */
export function direction(tag: string): "ltr" | "rtl" {
  return /^(ar|dv|fa|he|ks|ku-Arab|ps|sd|syr|ug|ur|yi)(-|$)/.test(tag) ? "rtl" : "ltr";
}

/** Return the direction of the page around: what stands in a document of another one keeps it. */
export function pageDirection(): "ltr" | "rtl" {
  return document.documentElement.dir === "rtl" ? "rtl" : "ltr";
}

export function number(value: number, most = 0): string {
  return new Intl.NumberFormat(locale.current, { maximumFractionDigits: most }).format(value);
}

/** Return a number as short as it is still told by, such as `1.8M`. */
export function short(value: number): string {
  return new Intl.NumberFormat(locale.current, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

export function percent(fraction: number): string {
  return new Intl.NumberFormat(locale.current, { style: "percent" }).format(fraction);
}

/** Return US dollars; below one, to the hundredth of a cent. */
export function money(dollars: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: dollars < 1 ? 4 : 2 };
  return new Intl.NumberFormat(locale.current, { style: "currency", currency: "USD", ...digits }).format(dollars);
}

/** Return a day, such as `24 Nov`, of an ISO date. */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(locale.current, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(iso));
}

/** Return bytes as people read them. */
export function bytes(value: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const at = Math.min(3, Math.max(0, Math.floor(Math.log(Math.max(1, value)) / Math.log(1000))));
  const shown = { style: "unit", unit: units[at] ?? "byte", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale.current, shown).format(value / 1000 ** at);
}

/** Return a length of time, such as `3 min`, rounded as one would say it. */
export function duration(seconds: number): string {
  const say = (value: number, unit: string) =>
    new Intl.NumberFormat(locale.current, { style: "unit", unit, unitDisplay: "short" }).format(value);
  if (seconds < 60) return say(Math.max(1, Math.round(seconds)), "second");
  if (seconds < 3600) return say(Math.round(seconds / 60), "minute");
  return `${say(Math.floor(seconds / 3600), "hour")} ${say(Math.round((seconds % 3600) / 60), "minute")}`;
}

/** Return a place in a video, such as `1:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** Return a moment as a date with its time. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(locale.current, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}
