/**
 * A view of a job as the old frontend had it: from the job's row alone, without memory, a line for
 * each step and, for translations, for each language.
 *
 * Reads every row that a job's row has been, in order, as JSON; fails with what a person would see
 * go wrong, else prints how often each line was active.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import type { QueryData } from "@supabase/supabase-js";
import type { oneJob } from "./queries.ts";

type Job = QueryData<ReturnType<typeof oneJob>>;
type Look = "waiting" | "active" | "done";

const ORDER = ["uploading", "transcribing", "generating_docs", "translating", "complete"];
const RANK: Record<Look, number> = { waiting: 0, active: 1, done: 2 };

/** Return how each line of the view looks. */
function lines(job: Job): Map<string, Look> {
  const at = ORDER.indexOf(job.step);
  assert.notEqual(at, -1, `a step that the view does not know: ${job.step}`);
  const found = new Map<string, Look>();
  ORDER.forEach((step, place) => {
    const look: Look = at > place || job.status === "completed" ? "done" : at === place ? "active" : "waiting";
    if (step !== "translating") found.set(step, look);
    else {
      for (const language of job.languages) {
        const named = job.step_message.includes(language);
        found.set(`${step} ${language}`, look === "active" && !named ? "waiting" : look);
      }
    }
  });
  return found;
}

const rows = JSON.parse(readFileSync(0, "utf8")) as Job[];
const active = new Map<string, number>();
let before = new Map<string, Look>();
let share = 0;
for (const row of rows) {
  const now = lines(row);
  for (const [line, look] of now) {
    const was = before.get(line) ?? "waiting";
    assert.ok(RANK[look] >= RANK[was], `${line} went from ${was} to ${look} at "${row.step_message}"`);
    active.set(line, (active.get(line) ?? 0) + (look === "active" ? 1 : 0));
  }
  assert.ok(row.progress >= share, `progress fell from ${share} to ${row.progress}`);
  [before, share] = [now, row.progress];
}
for (const [line, look] of before) {
  assert.equal(look, "done", `${line} is ${look} at the end`);
  // The last step is the end itself: there is nothing left to do in it.
  if (line !== "complete") assert.ok(active.get(line), `${line} was never active`);
}
process.stdout.write(JSON.stringify(Object.fromEntries(active)));
