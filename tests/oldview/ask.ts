/** Asks the three queries of docs/supabase.md, and prints what they gave: `ask.ts URL USER PROJECT JOB`. */
import type { QueryData } from "@supabase/supabase-js";
import { activeJobs, newestJobs, oneJob } from "./queries.ts";

const [project = "", job = ""] = process.argv.slice(4);

// Types, not values: what each query is said to give.
const title = (row: QueryData<ReturnType<typeof newestJobs>>[number]): string => row.videos.title;

const one = await oneJob(job);
const active = await activeJobs(project);
const newest = await newestJobs(project);
for (const { error } of [one, active, newest]) if (error) throw new Error(`${error.code}: ${error.message}`);
process.stdout.write(
  JSON.stringify({
    one: { id: one.data?.id, status: one.data?.status, step: one.data?.step },
    active: active.data?.map((row) => row.id),
    newest: newest.data?.map((row) => [row.id, title(row)]),
  }),
);
