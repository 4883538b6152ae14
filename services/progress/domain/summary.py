"""The steps of a job become the one state that a person sees."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.progress.domain.fold import State, Step

TERMINAL = frozenset({"completed", "failed", "cancelled"})
_SETTLED = (State.FAILED, State.DONE)
_SENTENCES = ("recording", "transcript", "window")  # steps whose reasons are whole sentences
_ORDER = {
    step: n
    for n, step in enumerate(
        ("uploading", "transcribing", "generating_docs", "translating", "complete", "error")
    )
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What the job's row shows."""

    epoch: int
    status: str = "pending"
    step: str = "uploading"
    step_message: str = ""
    progress: float = 0.0
    error_message: str | None = None
    issues: tuple[str, ...] = ()
    cancel_requested: bool = False  # in the row, whether or not its event has come


def _count(steps: list[Step], *states: State) -> int:
    return sum(step.state in states for step in steps)


def _issues(step: Step) -> list[str]:
    """Return the sentences on what is missing of a unit."""
    if step.state is State.DONE and step.unit.partition("/")[0] in _SENTENCES:
        return step.reason.split("\n")
    return [_issue(step)]


def _issue(step: Step) -> str:
    kind, _, rest = step.unit.partition("/")
    if kind == "window":
        return f"Window {rest} could not be transcribed: {step.reason}"
    if kind == "article":
        return f"Article {rest} could not be written: {step.reason}"
    language, _, piece = rest.partition("/")
    what = "subtitles" if piece == "subtitles" else f"article {piece}"
    if step.state is State.DONE:
        return f"{language} {what}: {step.reason}"
    return f"{language} {what} could not be translated: {step.reason}"


def _share(steps: list[Step], expected: int | None) -> float:
    if expected is None:
        return 0.0
    if expected == 0:
        return 1.0
    done = sum(1.0 if s.state in _SETTLED else s.percent / 100 for s in steps)
    return min(1.0, done / expected)


def _piece(doing: str, steps: list[Step], expected: int | None) -> str:
    """Say which piece of how many is next to end: they are worked on side by side."""
    if not expected:
        return ""
    return f"{doing} {min(_count(steps, *_SETTLED) + 1, expected)} of {expected}"


def _translating(languages: list[str], translations: list[Step], pieces: int) -> str:
    """Name the languages that are worked on, and those that are done.

    A frontend takes a language's line for active while the message names it: one that is done stays
    named until all are, or its line would go back.
    """
    settled = Counter(s.unit.split("/")[1] for s in translations if s.state in _SETTLED)
    going = [tag for tag in languages if settled[tag] < pieces]
    done = [tag for tag in languages if tag not in going]
    if not going:
        return "Translating"
    return f"Translating to {', '.join(going)}" + (f" (done: {', '.join(done)})" if done else "")


def _failure(steps: Mapping[str, Step], windows: list[Step], planned: int | None) -> str | None:
    for unit in ("job", "transcription", "outline"):
        if unit in steps and steps[unit].state is State.FAILED:
            return steps[unit].reason
    if planned and _count(windows, State.FAILED) >= planned:
        # They mostly fail for one reason, such as a key that is refused.
        return f"No part of the video could be transcribed: {windows[0].reason}"
    return None


def summarise(steps: Mapping[str, Step], before: Summary | None) -> Summary:
    """Return the job's state after `steps`, given the state shown `before`."""
    epoch = max((s.epoch for s in steps.values()), default=1)
    if before and (before.epoch > epoch or (before.epoch == epoch and before.status in TERMINAL)):
        return before
    now = _current({u: s for u, s in steps.items() if s.epoch == epoch}, epoch)
    if before is None or before.epoch != epoch:
        return now
    if before.cancel_requested and now.status == "failed":
        # Who has cancelled is not told of a failure because that event was faster.
        now = _cancelled(now)
    return replace(
        now,
        progress=max(now.progress, before.progress),
        cancel_requested=before.cancel_requested,
    )


def failed(before: Summary, reason: str) -> Summary:
    """Return the state of a job that ends here, for a reason outside of its steps."""
    if before.cancel_requested:
        return _cancelled(before)
    return replace(
        before, status="failed", step="error", step_message="Failed", error_message=reason
    )


# In the order of the work: what is known before each step of a job begins.
_STAGES = (
    ("job", "transcription"),
    ("window/",),
    ("outline", "article/"),
)


def passed(steps: Mapping[str, Step], before: Summary) -> list[Summary]:
    """Return the states that a job went through since `before`, the one after `steps` last.

    Events that come together may take it over a whole step: who watches the row, or draws a line
    for each step, still sees every one of them.
    """
    last = summarise(steps, before)
    found, known = list[Summary](), dict[str, Step]()
    for stage in _STAGES if last.status in {"processing", "completed"} else ():
        known |= {unit: step for unit, step in steps.items() if unit.startswith(stage)}
        latest = found[-1] if found else before
        between = summarise(known, latest) if known else latest
        if _ORDER[latest.step] < _ORDER[between.step] < _ORDER[last.step]:
            found.append(between)
    return [*found, last]


def _cancelled(now: Summary) -> Summary:
    return Summary(now.epoch, "cancelled", "error", "Cancelled", now.progress, None, now.issues)


def _current(steps: Mapping[str, Step], epoch: int) -> Summary:
    def under(prefix: str) -> list[Step]:
        return [steps[u] for u in sorted(steps) if u.startswith(prefix)]

    windows, articles = under("window/"), under("article/")
    planned = steps["transcription"].expected if "transcription" in steps else None
    outlined = steps["outline"].expected if "outline" in steps else None
    languages = sorted(steps["job"].languages) if "job" in steps else []
    translations = [s for tag in languages for s in under(f"translation/{tag}/")]
    pieces = len(languages) * (1 + _count(articles, State.DONE))
    heard = planned is not None and _count(windows, *_SETTLED) >= planned
    written = outlined is not None and _count(articles, *_SETTLED) >= outlined
    translated = "job" in steps and _count(translations, *_SETTLED) >= pieces
    # Done with a reason is done but for something that the person should know.
    recording = [steps[unit] for unit in ("recording", "transcript") if unit in steps]
    settled = [s for s in (*recording, *windows, *articles, *translations) if s.state in _SETTLED]
    # Two windows may say the same of the whole file.
    issues = tuple(
        dict.fromkeys(
            one for s in settled if s.reason or s.state is State.FAILED for one in _issues(s)
        )
    )
    # Translations count only once the articles do: their number is not known before.
    progress = 0.5 * _share(windows, planned) + 0.3 * _share(articles, outlined)
    progress += 0.2 * _share(translations, pieces) if heard and written and "job" in steps else 0
    if "cancel" in steps:
        return _cancelled(Summary(epoch, progress=progress, issues=issues))
    error = _failure(steps, windows, planned)
    if error is not None:
        return Summary(epoch, "failed", "error", "Failed", progress, error, issues)
    if heard and written and translated:
        return Summary(epoch, "completed", "complete", "Complete", 1.0, None, issues)
    if heard and written:
        step = "translating"
        message = _translating(languages, translations, 1 + _count(articles, State.DONE))
    elif heard:
        step = "generating_docs"
        message = _piece("Writing article", articles, outlined) or "Writing articles"
    elif steps:
        step = "transcribing"
        message = _piece("Transcribing part", windows, planned) or "Transcribing"
    else:
        return Summary(epoch)
    return Summary(epoch, "processing", step, message, min(progress, 0.99), None, issues)
