"""Events become steps, and steps of one unit merge in any order, any number of times."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from shared import events


class State(IntEnum):
    """How far a unit is; the larger wins within an attempt."""

    WAITING = 0
    RUNNING = 1
    QUOTA = 2
    FAILED = 3
    DONE = 4


@dataclass(frozen=True, slots=True)
class Step:
    """What is known of one unit.

    `expected` is a plan's count of pieces, `until` when one that waits for its quota goes on.
    """

    unit: str
    epoch: int
    attempt: int = 1
    state: State = State.WAITING
    percent: float = 0.0
    expected: int | None = None
    languages: frozenset[str] = frozenset()
    reason: str = ""
    until: datetime | None = None


def _rank(step: Step) -> tuple[bool, int, State, float, str, str]:
    # What is settled outranks any attempt: a completion starts from attempt 1 again, and a late
    # word of an earlier try must not undo it. Reason and time only break ties, or merging would not
    # commute.
    settled = step.state >= State.FAILED
    until = step.until.isoformat() if step.until else ""
    return settled, step.attempt, step.state, step.percent, step.reason, until


def merge(a: Step, b: Step) -> Step:
    """Return the later of two steps of one unit: commutative, associative, idempotent."""
    if a.epoch != b.epoch:
        return max(a, b, key=lambda step: step.epoch)
    top = max(a, b, key=_rank)
    # A plan's count outlives later events of the unit, which do not repeat it.
    counts = [step.expected for step in (a, b) if step.expected is not None]
    return Step(
        top.unit,
        top.epoch,
        top.attempt,
        top.state,
        top.percent,
        max(counts, default=None),
        a.languages | b.languages,
        top.reason,
        top.until,
    )


_STATES: dict[type[events.Event], State] = {
    events.TranscriptionRequested: State.WAITING,
    events.ArticleRequested: State.WAITING,
    events.TranslationRequested: State.WAITING,
    events.UnitStarted: State.RUNNING,
    events.ArticleWritten: State.DONE,
    events.TranslationCompleted: State.DONE,
}


def steps_of(event: events.Event) -> list[Step]:  # noqa: C901, PLR0911 - one case an event type
    """Return what an event says of its units; the job's own endings say nothing new."""
    epoch, attempt = event.epoch, event.attempt
    done, running = State.DONE, State.RUNNING
    match event:
        case events.VideoProcess():
            languages = frozenset(event.languages)
            return [Step("job", epoch, attempt, running, languages=languages)]
        case events.JobCancel():
            return [Step("cancel", epoch, attempt, done, 100)]
        case events.TranscriptionPlanned():
            # Running, not done: merging the windows can still fail.
            planned = Step("transcription", epoch, attempt, running, expected=event.windows)
            return [planned, *_issues("recording", event)]
        case events.TranscriptionCompleted():
            return [Step(event.unit, epoch, attempt, done, 100, reason="\n".join(event.issues))]
        case events.VideoTranscribed():
            heard = Step("transcription", epoch, attempt, done, 100)
            return [heard, *_issues("transcript", event)]
        case events.DocsOutlined():
            return [Step("outline", epoch, attempt, running, expected=event.articles)]
        case events.DocsGenerated():
            return [Step("outline", epoch, attempt, done, 100)]
        case events.UnitProgressed():
            return [Step(event.unit, epoch, attempt, running, event.percent)]
        case events.TranslationCompleted() if event.untranslated:
            named = f" ({', '.join(event.left)})" if event.left else ""
            reason = f"{event.untranslated} texts stay in the source language{named}"
            return [Step(event.unit, epoch, attempt, done, 100, reason=reason)]
        case events.UnitWaiting():
            waits = State.QUOTA
            return [Step(event.unit, epoch, attempt, waits, reason=event.reason, until=event.until)]
        case events.UnitFailed():
            return [Step(event.unit, epoch, attempt, State.FAILED, reason=event.reason)]
    state = _STATES.get(type(event))
    if state is None:
        return []
    return [Step(event.unit, epoch, attempt, state, 100 if state is done else 0)]


def _issues(unit: str, event: events.TranscriptionPlanned | events.VideoTranscribed) -> list[Step]:
    """Return a step that is done with the event's issues, a line each; none without any."""
    reason = "\n".join(event.issues)
    if not reason:
        return []
    return [Step(unit, event.epoch, event.attempt, State.DONE, 100, reason=reason)]
