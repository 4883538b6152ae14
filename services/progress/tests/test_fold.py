from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.progress.domain.fold import State, Step, merge, steps_of
from services.progress.domain.summary import Summary, passed, summarise
from shared import events

ID = UUID(int=1)
MORNING = datetime(2026, 11, 25, 8, tzinfo=UTC)


def make(model: type[events.Event], unit: str, epoch: int = 1, **fields: Any) -> events.Event:
    return model.of(job_id=ID, project_id=ID, video_id=ID, unit=unit, epoch=epoch, **fields)


def job(epoch: int = 1) -> list[events.Event]:
    return [
        make(events.VideoProcess, "job", epoch, languages=("es",)),
        make(events.TranscriptionPlanned, "transcription", epoch, windows=2, duration=9),
        make(events.TranscriptionCompleted, "window/0", epoch, window=0),
        make(events.UnitProgressed, "window/1", epoch, percent=40),
        make(events.TranscriptionCompleted, "window/1", epoch, window=1),
        make(events.VideoTranscribed, "transcription", epoch, segments=3),
        make(events.DocsOutlined, "outline", epoch, articles=1),
        make(events.ArticleWritten, f"article/{ID}", epoch, article_id=ID),
        make(events.TranslationCompleted, f"translation/es/{ID}", epoch, language="es"),
        make(events.UnitFailed, "translation/es/subtitles", epoch, reason="too long"),
    ]


def run(given_events: list[events.Event]) -> tuple[dict[str, Step], list[Summary]]:
    steps: dict[str, Step] = {}
    seen: list[Summary] = []
    for event in given_events:
        for step in steps_of(event):
            steps[step.unit] = merge(steps.get(step.unit, step), step)
        seen.append(summarise(steps, seen[-1] if seen else None))
    return steps, seen


STEPS = st.builds(
    Step,
    st.just("u"),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sampled_from(State),
    st.sampled_from([0.0, 50.0]),
    st.sampled_from([None, 1, 2]),
    st.frozensets(st.sampled_from(["es", "de"])),
    st.sampled_from(["", "x"]),
    st.sampled_from([None, MORNING]),
)


@given(STEPS, STEPS, STEPS)
def test_merge_is_a_join(a: Step, b: Step, c: Step) -> None:
    assert merge(a, a) == a
    assert merge(a, b) == merge(b, a)
    assert merge(a, merge(b, c)) == merge(merge(a, b), c)


@given(st.permutations(job(1) + job(2) + job(2)[:4]))
def test_any_order_ends_the_same_and_never_goes_back(order: list[events.Event]) -> None:
    steps, seen = run(order)
    expected, summaries = run(job(2))
    assert steps == expected
    assert seen[-1] == summaries[-1]
    for old, new in pairwise(seen):
        assert new.epoch >= old.epoch
        assert new.epoch > old.epoch or new.progress >= old.progress


def test_a_unit_without_quota_tells_when_it_goes_on_and_then_no_more() -> None:
    waits = make(events.UnitWaiting, "window/1", reason="no quota", until=MORNING)
    steps, _ = run([*job()[:3], waits])
    assert (steps["window/1"].state, steps["window/1"].until) == (State.QUOTA, MORNING)
    steps, _ = run([*job()[:3], waits, *job()[3:]])
    assert steps["window/1"].until is None


def test_a_failed_piece_is_named() -> None:
    last = run(job())[1][-1]
    assert last.status == "completed"
    assert last.issues == ("es subtitles could not be translated: too long",)


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ([make(events.JobCancel, "cancel")], "cancelled"),
        ([make(events.UnitFailed, "outline", reason="x")], "failed"),
        (job(), "completed"),
    ],
)
def test_terminal_stays(ending: list[events.Event], status: str) -> None:
    late = [*job(), make(events.JobCancel, "cancel")]
    assert run([*ending, *late])[1][-1].status == status
    assert run([*ending, *job(2)[:2]])[1][-1].status == "processing"


def test_a_failure_faster_than_the_cancel_ends_as_cancelled() -> None:
    failed = [*job()[:1], make(events.UnitFailed, "outline", reason="x")]
    steps, seen = run(failed)
    assert seen[-1].status == "failed"
    found = summarise(steps, Summary(1, "processing", progress=0.25, cancel_requested=True))
    assert (found.status, found.error_message, found.progress) == ("cancelled", None, 0.25)


def test_what_is_settled_stays_so_whatever_attempt_is_heard_of_later() -> None:
    done = Step("window/0", 1, 1, State.DONE)
    late = Step("window/0", 1, 5, State.RUNNING)
    assert merge(done, late).state is State.DONE
    assert merge(late, done).state is State.DONE


def messages(order: list[events.Event]) -> list[str]:
    return [one.step_message for one in run(order)[1]]


def test_the_message_names_the_piece_and_the_languages() -> None:
    begun = [make(events.VideoProcess, "job", languages=("es", "ca")), *job()[1:-2]]
    assert messages(begun) == [
        "Transcribing",
        "Transcribing part 1 of 2",
        "Transcribing part 2 of 2",
        "Transcribing part 2 of 2",
        "Writing articles",
        "Writing articles",
        "Writing article 1 of 1",
        "Translating to ca, es",
    ]
    ended = [
        make(events.TranslationCompleted, f"translation/es/{ID}", language="es"),
        make(events.TranslationCompleted, "translation/es/subtitles", language="es"),
        make(events.TranslationCompleted, f"translation/ca/{ID}", language="ca"),
        make(events.UnitFailed, "translation/ca/subtitles", reason="x"),
    ]
    assert messages([*begun, *ended])[-4:] == [
        "Translating to ca, es",
        "Translating to ca (done: es)",
        "Translating to ca (done: es)",
        "Complete",
    ]


@given(st.permutations(job()), st.integers(0, 10))
def test_no_step_is_passed_unseen(order: list[events.Event], first: int) -> None:
    """Whatever comes in one batch, each step has its row, and nothing goes back."""
    steps: dict[str, Step] = {}
    seen = [Summary(1)]
    for batch in (order[:first], order[first:]):
        for event in batch:
            for step in steps_of(event):
                steps[step.unit] = merge(steps.get(step.unit, step), step)
        if batch:
            seen += passed(steps, seen[-1])
    shown = list(dict.fromkeys(one.step for one in seen))
    assert shown == ["uploading", "transcribing", "generating_docs", "translating", "complete"]
    assert all(old.progress <= new.progress for old, new in pairwise(seen))
    assert seen[-1].issues == ("es subtitles could not be translated: too long",)


def test_a_job_that_was_cancelled_passes_nothing() -> None:
    steps, _ = run([*job(), make(events.JobCancel, "cancel")])
    assert [one.status for one in passed(steps, Summary(1))] == ["cancelled"]
