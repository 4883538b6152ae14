/** What makes a subtitle hard to read: the limits that Docreel's own subtitles keep to. */
import type { Cue } from "../api/gateway";
import { number, t } from "../texts/locale";

const LINES = 2;
const WIDTH = 42; // characters of a line, where a wide one counts as WIDE
const WIDE = 42 / 16;
const SHORTEST = 5 / 6; // seconds
const LONGEST = 7; // seconds
const FASTEST = 20; // characters a second

/** Return what is wrong with each cue, as texts for its marks. */
export function lint(cues: Cue[]): string[][] {
  return cues.map((cue, n) => {
    const lasts = cue.end - cue.start;
    const lines = cue.text.split("\n");
    const next = cues[n + 1];
    const found: string[] = [];
    if (!cue.text.trim()) found.push(t("lint_empty"));
    if (lasts <= 0) found.push(t("lint_backwards"));
    else {
      const speed = width(cue.text.replace(/\n/g, "")) / lasts;
      if (speed > FASTEST) found.push(t("lint_fast", { speed: number(speed) }));
      if (lasts < SHORTEST - 0.01) found.push(t("lint_short"));
      if (lasts > LONGEST + 0.01) found.push(t("lint_long"));
    }
    if (lines.length > LINES) found.push(t("lint_lines", { n: lines.length }));
    if (lines.some((line) => width(line) > WIDTH)) found.push(t("lint_width"));
    if (next && next.start < cue.end - 0.001) found.push(t("lint_overlap"));
    return found;
  });
}

function width(text: string): number {
  return [...text].reduce((sum, one) => sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(one) ? WIDE : 1), 0);
}
