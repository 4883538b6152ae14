"""A job's steps as the lines that a person follows: one a step of the work, one a language."""

from collections.abc import Sequence
from dataclasses import dataclass

from .records import Job, Step

_SETTLED = frozenset({"failed", "done"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line: how many of its `total` pieces (None: not known yet) are settled.

    `state` is waiting, running, waiting_quota, failed or done; `share` is 0 to 1.
    """

    name: str
    state: str
    settled: int
    failed: int
    total: int | None
    share: float
    reason: str

    @property
    def words(self) -> str:
        """Return what the line says after its name, without the share."""
        if self.state == "waiting":
            return "waiting"
        said = {"running": "running", "waiting_quota": "waiting for the engine's quota"}
        words = said.get(self.state, self.state)
        if self.total is not None and (self.total > 1 or self.failed):
            words = f"{words}, {self.settled} of {self.total}"
        if self.failed:
            words = f"{words}, {self.failed} failed"
        return f"{words}: {self.reason}" if self.reason else words


def lines(job: Job) -> list[Line]:
    """Return a job's lines: transcription, articles, then each language of the job."""
    units = {step.unit: step for step in job.steps}
    windows = [step for step in job.steps if step.unit.startswith("window/")]
    articles = [step for step in job.steps if step.unit.startswith("article/")]
    transcription, outline = units.get("transcription"), units.get("outline")
    written = _line("Articles", outline, articles, outline.expected if outline else None)
    heard = transcription.expected if transcription else None
    found = [_line("Transcription", transcription, windows, heard), written]
    for language in job.languages:
        pieces = [s for s in job.steps if s.unit.startswith(f"translation/{language}/")]
        # Subtitles, and each article that could be written.
        total = None if written.total is None else 1 + written.total - written.failed
        found.append(_line(f"Translation to {language}", None, pieces, total))
    return found


def _line(name: str, plan: Step | None, pieces: Sequence[Step], total: int | None) -> Line:
    settled = sum(step.state in _SETTLED for step in pieces)
    failed = [step for step in pieces if step.state == "failed"]
    parked = [step for step in pieces if step.state == "waiting_quota"]
    if plan is not None and plan.state in {"failed", "waiting_quota"}:
        (failed if plan.state == "failed" else parked).append(plan)
    if plan is not None and plan.state == "failed":
        state = "failed"
    elif total is not None and settled >= total and (plan is None or plan.state == "done"):
        state = "failed" if total and len(failed) >= total else "done"
    elif parked:
        state = "waiting_quota"
    elif any(s.state != "waiting" for s in pieces) or (plan and plan.state != "waiting"):
        state = "running"
    else:
        state = "waiting"
    reasons = {"failed": failed, "waiting_quota": parked}.get(state, [])
    work = sum(1.0 if s.state in _SETTLED else s.percent / 100 for s in pieces)
    share = 1.0 if state == "done" else min(1.0, work / total) if total else 0.0
    failures = sum(step.state == "failed" for step in pieces)
    reason = next((step.reason for step in reasons if step.reason), "")
    if until := min((step.until for step in reasons if step.until), default=None):
        moment = f"until {until.astimezone():%Y-%m-%d %H:%M %Z}"
        reason = f"{moment}: {reason}" if reason else moment
    return Line(name, state, settled, failures, total, share, reason)
