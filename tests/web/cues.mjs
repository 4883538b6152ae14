// `node cues.mjs`: what is done to a track's cues, on random tracks, with what must hold of any of them.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { runnerImport } = await import(pathToFileURL(require.resolve("vite")));
const source = (name) => runnerImport(fileURLToPath(new URL(`../../web/src/components/${name}.ts`, import.meta.url)), { configFile: false });
const { module: cues } = await source("cues");
const { module: kept } = await source("history");

let seed = 1;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const below = (most) => Math.floor(random() * most);

/** Return a track without overlaps, as machines write them: some cues touch, some have gaps. */
function track() {
  let at = 0;
  const words = () => Array.from({ length: 1 + below(6) }, () => "palabra".slice(0, 1 + below(7))).join(below(3) ? " " : "\n");
  const made = Array.from({ length: below(6) }, () => {
    const start = at + (below(2) ? 0 : below(5000) / 1000);
    at = start + (1 + below(4000)) / 1000;
    return { start: Math.round(start * 1000) / 1000, end: Math.round(at * 1000) / 1000, text: words() };
  });
  return cues.rowsOf(made);
}

const plain = (rows) => rows.map((one) => one.text.replace(/\s+/g, "")).join("");

/** Assert what holds of every track that was changed by nobody's own times. */
function whole(rows, what) {
  for (const [n, one] of rows.entries()) {
    assert(one.start >= 0 && one.end > one.start, `${what}: ${JSON.stringify(one)}`);
    assert(n === 0 || rows[n - 1].end <= one.start, `${what}: ${JSON.stringify(rows)}`);
  }
  assert.equal(new Set(rows.map((one) => one.key)).size, rows.length, what);
}

const done = {};
for (let n = 0; n < 5000; n += 1) {
  let rows = track();
  const past = new kept.History();
  const first = rows;
  for (let step = 0; step < 6; step += 1) {
    const one = rows[below(rows.length)];
    const second = random() * 25 - 1;
    const kinds = one
      ? {
          insertAfter: () => cues.insertAfter(rows, one.key),
          split: () => cues.split(rows, one.key, below(one.text.length + 1)),
          merge: () => cues.merge(rows, one.key),
          beginAt: () => cues.beginAt(rows, one.key, second),
          endAt: () => cues.endAt(rows, one.key, second),
          remove: () => cues.remove(rows, one.key),
          replace: () => cues.replace(rows, { start: one.start + 0.01, end: one.end + 2, text: "heard" }),
        }
      : {};
    const all = { ...kinds, append: () => cues.append(rows), insertAt: () => cues.insertAt(rows, Math.max(0, second)) };
    const [name, run] = Object.entries(all)[below(Object.keys(all).length)];
    const before = JSON.stringify(rows);
    const { rows: after, key } = run();
    assert.equal(JSON.stringify(rows), before, `${name} changed what it was given`);
    if (after === null) continue;
    done[name] = (done[name] ?? 0) + 1;
    whole(after, `${name} of ${before}`);
    if (after.length) assert(after.some((row) => row.key === key), `${name} leads to no cue`);
    if (name === "split" || name === "merge") assert.equal(plain(after), plain(rows), `${name} lost text`);
    past.leave(rows);
    rows = after;
  }
  const last = rows;
  for (let back = past.undo(rows); back !== null; back = past.undo(rows)) rows = back;
  assert.equal(rows, first, "undone to the first state");
  for (let on = past.redo(rows); on !== null; on = past.redo(rows)) rows = on;
  assert.equal(rows, last, "redone to the last state");
}
for (const name of ["insertAfter", "insertAt", "append", "split", "merge", "beginAt", "endAt", "remove", "replace"]) assert(done[name] > 100, `${name}: ${done[name]}`);

// By hand: time is shared as letters are, line breaks stay, a merge goes over the gap.
const [one] = cues.split(cues.rowsOf([{ start: 1, end: 5, text: "abc\nd" }]), 0, 4).rows;
assert.deepEqual(one, { start: 1, end: 4, text: "abc", key: 0 });
const pair = cues.rowsOf([{ start: 1, end: 2, text: "a\nb" }, { start: 4, end: 5, text: "c" }]);
assert.deepEqual(cues.merge(pair, 0).rows, [{ start: 1, end: 5, text: "a\nb\nc", key: 0 }]);
// In a gap there is room up to the next cue; at a second that is taken there is none.
assert.deepEqual(cues.insertAfter(pair, 0).rows[1], { start: 2, end: 4, text: "", key: 2 });
assert.deepEqual(cues.insertAt(pair, 3.9).rows[1], { start: 3.167, end: 4, text: "", key: 2 });
assert.deepEqual(cues.insertAt(pair, 1.5), { rows: null, key: 0 });
// Typing in one cue is one step.
const typed = new kept.History();
typed.leave("", "text 1");
typed.leave("a", "text 1");
typed.leave("ab", "text 2");
assert.deepEqual([typed.undo("abc"), typed.undo("ab"), typed.undo("")], ["ab", "", null]);
process.exit(0);
