"""What a job's counted steps amount to for a person: a line a stage, and when it should be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.gateway.models.jobs import ACTIVE, Stage

_TOLD = 0.05  # progress before which nothing can be said of the rest
_HUNDRED = 100.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of a job's steps of one kind (and language) are in which state.

    `percent` is the sum over the steps, `expected` a plan's count of pieces, `until` when the first
    that waits for its quota goes on (ISO 8601).
    """

    part: str
    language: str | None = None
    seen: int = 0
    running: int = 0
    quota: int = 0
    failed: int = 0
    done: int = 0
    percent: float = 0.0
    expected: int | None = None
    until: str | None = None


def stages(counts: Sequence[Counts], languages: Sequence[str], status: str) -> list[Stage]:
    """Return a job's stages in the order of the work, one for each language to translate to."""
    by = {(one.part, one.language): one for one in counts}

    def of(part: str, language: str | None = None) -> Counts:
        return by.get((part, language), Counts(part))

    articles = of("article")
    # How many articles there are to translate is known once they are written.
    outlined = of("outline").expected
    ended = outlined is not None and articles.done + articles.failed >= outlined
    pieces = 1 + articles.done if ended else None
    over = status not in ACTIVE
    return [
        _stage("transcribing", None, of("window"), of("transcription").expected, over=over),
        _stage("generating_docs", None, articles, outlined, over=over),
        *(
            _stage("translating", tag, of("translation", tag), pieces, over=over)
            for tag in languages
        ),
    ]


def _stage(
    name: str, language: str | None, counts: Counts, total: int | None, *, over: bool
) -> Stage:
    ended = counts.done + counts.failed
    share = 0.0
    if total is not None:
        share = min(_HUNDRED, counts.percent / total) if total else _HUNDRED
    if total is not None and ended >= total:
        state = "failed" if counts.failed else "done"
    elif over:
        state = "failed" if counts.failed else "stopped"
    elif counts.running or (ended and not counts.quota):
        state = "running"
    elif counts.quota:
        state = "waiting_quota"
    else:
        state = "waiting"
    return Stage.model_validate(
        {
            "stage": name,
            "language": language,
            "state": state,
            "done": counts.done,
            "failed": counts.failed,
            "total": total,
            "percent": round(share, 1),
            "until": counts.until if state == "waiting_quota" else None,
        }
    )


def eta(
    status: str, progress: float, started: datetime | None, changed: datetime
) -> datetime | None:
    """Return when a job should be done if it goes on as it went; none where that is not known.

    Counted from the job's last change, not from now: what did not change is told the same.
    """
    if status != "processing" or started is None or progress < _TOLD:
        return None
    left = (changed - started).total_seconds() * (1 - progress) / progress
    return changed + timedelta(seconds=round(left))
