/** What is said of a job everywhere: its badge, its bar, what moves forward only. */
import { html, type TemplateResult } from "lit";
import type { Job, Stage } from "../api/gateway";
import { duration, languageName, moment, money, type Name, t } from "../texts/locale";

const RANK = { pending: 0, processing: 1, completed: 2, failed: 2, cancelled: 2 } as const;

export function isActive(job: Job): boolean {
  return RANK[job.status] < 2;
}

/** Return the newer of two looks at a job; within an epoch nothing goes back. */
export function forward<T extends Job>(before: T | null | undefined, now: T): T {
  if (!before || before.id !== now.id || before.epoch < now.epoch) return now;
  if (before.epoch > now.epoch || RANK[before.status] > RANK[now.status]) return before;
  const stages = now.stages.map((stage) => {
    const old = before.stages.find((one) => one.stage === stage.stage && one.language === stage.language);
    return old
      ? { ...stage, done: Math.max(old.done, stage.done), percent: Math.max(old.percent, stage.percent) }
      : stage;
  });
  return { ...now, stages, progress: Math.max(before.progress, now.progress) };
}

/** Return what kind of ending or going a job shows. */
export function badge(job: Job): TemplateResult {
  const waits = job.stages.some((stage) => stage.state === "waiting_quota");
  const incomplete = job.status === "completed" && job.issues.length > 0;
  const [kind, name]: [string, Name] =
    job.cancel_requested_at && isActive(job)
      ? ["warn", "job_cancelling"]
      : isActive(job) && waits
        ? ["warn", "job_quota"]
        : incomplete
          ? ["warn", "job_incomplete"]
          : [
              { pending: "", processing: "", completed: "good", failed: "bad", cancelled: "warn" }[job.status],
              `job_${job.status}`,
            ];
  return html`<span class="badge ${kind}" data-status=${job.status}>${t(name)}</span>`;
}

export function bar(job: Job): TemplateResult {
  const share = Math.round(job.progress * 100);
  return html`<div
    class="bar"
    role="progressbar"
    aria-label=${t("job_progress", { title: job.video_title })}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${share}
  >
    <span style="width:${share}%"></span>
  </div>`;
}

/** Return what a job is at, in a sentence; the API's own message is English. */
export function step(job: Job): string {
  if (job.status === "pending") return t("step_pending");
  const running = job.stages.find((stage) => stage.state === "running" || stage.state === "waiting_quota");
  if (!isActive(job)) return t(`job_${job.status}`);
  // What is counted is in a queue already.
  const queued = job.stages.filter((stage) => stage.state === "waiting");
  if (!running && (queued.length === job.stages.length || queued.some((stage) => stage.total))) return t("step_pending");
  return running ? stageName(running) : t("step_between");
}

export function stageName(stage: Stage): string {
  const language = stage.language ? languageName(stage.language) : "";
  return t(`stage_${stage.stage}`, { language });
}

/** Return what a job has cost, or an empty text where nothing was paid. */
export function cost(job: Job): string {
  return job.cost === null ? "" : t(isActive(job) ? "job_cost" : "job_cost_whole", { cost: money(job.cost) });
}

/** Return how long a job still takes, or an empty text where that cannot be told. */
export function timeLeft(job: Job): string {
  if (!job.eta || !isActive(job)) return "";
  const seconds = (Date.parse(job.eta) - Date.now()) / 1000;
  return seconds > 0 ? t("time_left", { time: duration(seconds) }) : "";
}

/** Return when a job ended and how long it took, or an empty text while it goes on. */
export function took(job: Job): string {
  if (!job.completed_at || isActive(job)) return "";
  const seconds = (Date.parse(job.completed_at) - Date.parse(job.started_at ?? job.created_at)) / 1000;
  return [moment(job.completed_at), t("job_took", { time: duration(seconds) })].join(" · ");
}
