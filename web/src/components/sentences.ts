/** Where in the video the sentences of a block are from: what the block rests on, shared out by length. */

import type { Segment } from "../api/gateway";

/** A segment that a block rests on: its seconds, and how many characters were spoken in it. */
export interface Heard {
  start: number;
  end: number;
  size: number;
}

/** A sentence: where it begins in the block's text, and about which second it is from. */
export interface Sentence {
  from: number;
  second: number;
}

/** Return what some segments heard, in order. */
export function heard(ids: string[], segments: Map<string, Segment>): Heard[] {
  return ids
    .flatMap((id) => segments.get(id) ?? [])
    .map((one) => ({ start: one.start_time, end: one.end_time, size: one.spoken_content.length }))
    .sort((a, b) => a.start - b.start);
}

/** Return a block's sentences in order; none where there is one alone, or nothing is known of it. */
export function sentences(text: string, language: string, said: Heard[]): Sentence[] {
  if (said.length === 0) return [];
  const found = [...new Intl.Segmenter(language, { granularity: "sentence" }).segment(text)];
  if (found.length < 2) return [];
  return found.map(({ index }) => ({ from: index, second: secondAt(index / text.length, said) }));
}

/** The second at a share of all that was spoken. */
function secondAt(share: number, said: Heard[]): number {
  const all = said.reduce((sum, one) => sum + one.size, 0);
  let left = share * all;
  for (const { start, end, size } of said) {
    if (left < size) return start + (end - start) * (left / size);
    left -= size;
  }
  return said[0]?.start ?? 0; // nothing was spoken: it was seen
}
