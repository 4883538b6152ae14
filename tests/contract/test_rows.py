"""What each service's rows promise, on PostgreSQL and in memory alike."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from services.docgen.domain.document import Chapter
from services.docgen.ports import PlacedChapter
from services.progress.domain.fold import State, Step
from services.progress.domain.summary import Summary
from services.transcriber.domain.segments import Segment
from services.transcriber.ports import Look, SubtitleFile
from services.translator.domain.style import Into
from services.translator.ports import Subtitles
from shared.articles import Article
from shared.errors import UnsupportedError
from shared.events import (
    ArticleRequested,
    JobCancel,
    TranscriptionRequested,
    VideoProcess,
)
from shared.formats.tiptap import node, text
from shared.formats.vtt import Cue
from shared.ledger import Outcome
from shared.routes import Service
from simulation.engines import recording
from tests.contract.conftest import Stage

pytestmark = pytest.mark.integration


def segments(*texts: str) -> list[Segment]:
    return [Segment(n, n + 0.5, one, "", 0.5) for n, one in enumerate(texts)]


async def ended(stage: Stage, event: Any, service: Service, **units: str) -> None:
    ledger = stage.database(service).alone.ledger
    for unit, state in units.items():
        name = unit.replace("_", "/")
        claim = await ledger.claim(event, name, service=service, owner="a", lease=30)
        assert await ledger.settle(event, name, claim.fence, Outcome(state))


async def test_a_persons_subtitles_are_read_as_they_were_given(stage: Stage) -> None:
    rows = stage.database(Service.TRANSCRIBER).alone.rows
    assert await rows.subtitle_file(stage.video) is None
    for digest in ("first", "second"):
        given = SubtitleFile(
            digest, (Cue(0.5, 2, 'Say {"a": 1}', "Anna"), Cue(3, 4, "C:\\new", ""))
        )
        await stage.give_subtitles(given)
        assert await rows.subtitle_file(stage.video) == given


async def test_windows_end_in_any_order_and_their_segments_stand_in_order(
    stage: Stage, window: TranscriptionRequested
) -> None:
    rows = stage.database(Service.TRANSCRIBER).alone.rows
    with pytest.raises(UnsupportedError, match="upload it"):
        await rows.storage_path(stage.video)
    await stage.upload("videos/a.mp4")
    assert await rows.storage_path(stage.video) == "videos/a.mp4"
    assert await rows.languages(window.job_id) == ("es",)
    with pytest.raises(UnsupportedError, match="process it again"):
        await rows.content(stage.video)
    await rows.save_look(stage.video, look := Look(recording(18.5), "abc"))
    found = await rows.content(stage.video)
    assert found == ("videos/a.mp4", "abc", look.recording.media)
    second = window.model_copy(update={"window": 1, "unit": "window/1"})
    third = window.model_copy(update={"window": 2, "unit": "window/2"})
    await rows.save_window(third, segments("stale"), "offline")
    await rows.save_window(second, segments("c"), "offline")
    await rows.save_window(window, segments("x", "y", "z"), "offline")
    await rows.save_window(window, segments("a", "b"), "offline")
    async with stage.database(Service.TRANSCRIBER).transaction() as work:
        assert await work.rows.windows_ended(window) == (0, 0)
    await ended(stage, window, Service.TRANSCRIBER, window_0="done", window_1="failed")
    async with stage.database(Service.TRANSCRIBER).transaction() as work:
        assert await work.rows.windows_ended(window) == (2, 1)
        found = await work.rows.segments(window)
        spoken = {n: [one.spoken for one in segments] for n, segments in found.items()}
        assert spoken == {0: ["a", "b"], 1: ["c"]}
        await work.rows.save_subtitles(stage.video, "WEBVTT\n")
    found = await stage.database(Service.DOCGEN).alone.rows.transcript(stage.video)
    assert [(one.number, one.spoken) for one in found.segments] == [(0, "a"), (1, "b"), (2, "c")]
    assert found.ids[0] == str(uuid5(stage.video, "0"))
    translator = stage.database(Service.TRANSLATOR).alone.rows
    assert await translator.subtitles(stage.video, "es") == Subtitles("WEBVTT\n", None)
    assert await rows.duration(stage.video) == 18.5
    await rows.save_window(
        window, [Segment(0, 1, "a", "", None, "Ada", ((0, 0.5, "a"),))], "gemini"
    )
    (stored,) = (await rows.segments(window))[0]
    assert (stored.speaker, stored.words) == ("Ada", ((0, 0.5, "a"),))


def placed(*slugs: str) -> list[PlacedChapter]:
    return [
        PlacedChapter(Chapter(one.title(), "d", (n,)), one, n, n + 1) for n, one in enumerate(slugs)
    ]


def article(chapter: UUID, language: str, slug: str, title: str) -> Article:
    content = node("doc", [node("paragraph", [text("Hello", [])])])
    return Article(uuid5(chapter, language), chapter, language, slug, title, content)


async def test_chapters_keep_their_rows_and_go_when_nobody_reviews_them(
    stage: Stage, window: TranscriptionRequested
) -> None:
    database = stage.database(Service.DOCGEN)
    rows = database.alone.rows
    async with database.transaction() as work:
        assert await work.rows.slugs(stage.project) == []
        ids = await work.rows.save_chapters(
            stage.project, stage.video, placed("one", "two", "three")
        )
    assert list(await rows.chapters(stage.video)) == ids
    for chapter in ids:
        await rows.save_article(article(chapter, "en", "s", "First"))
    await stage.review(uuid5(ids[1], "en"))
    async with database.transaction() as work:
        assert sorted(await work.rows.slugs(stage.project)) == [
            ("one", stage.video),
            ("three", stage.video),
            ("two", stage.video),
        ]
        again = await work.rows.save_chapters(stage.project, stage.video, placed("new", "one"))
    assert again[1] == ids[0]
    chapters = await rows.chapters(stage.video)
    assert set(chapters) == {*again, ids[1]}  # the one in review stays
    assert chapters[ids[0]] == Chapter("One", "d", (1,))
    translator = stage.database(Service.TRANSLATOR).alone.rows
    assert await translator.sides(uuid5(ids[2], "en"), "es") is None
    for chapter, title in ((ids[0], "Second"), (ids[1], "First")):
        await rows.save_article(article(chapter, "en", "s2", "Second"))
        found = await translator.sides(uuid5(chapter, "en"), "es")
        assert found.source.title == title  # a text in review is left alone
    assert await rows.article_slugs(ids[0], "en", uuid4()) == {"s2"}
    assert await rows.article_slugs(ids[0], "en", uuid5(ids[0], "en")) == set()
    assert await rows.spoken_language(stage.video) == "en"
    with pytest.raises(UnsupportedError):
        await rows.spoken_language(uuid4())
    asked = ArticleRequested.following(
        window, unit=f"article/{ids[0]}", chapter_id=ids[0], articles=2
    )
    await ended(stage, asked, Service.DOCGEN, outline="done", article_x="done", article_y="failed")
    async with database.transaction() as work:
        assert await work.rows.articles_ended(asked) == (2, 1)


async def test_translations_stand_beside_their_source(stage: Stage) -> None:
    docgen = stage.database(Service.DOCGEN).alone.rows
    (chapter,) = await docgen.save_chapters(stage.project, stage.video, placed("one"))
    source = article(chapter, "en", "s", "Title")
    await docgen.save_article(source)
    database = stage.database(Service.TRANSLATOR)
    rows = database.alone.rows
    await rows.save_engine("upper", ["es"])
    assert await rows.spoken_language(stage.video) == "en"
    assert await rows.spoken_language(uuid4()) is None
    assert await rows.into(stage.video, "es") == Into("en", "es")
    assert await rows.into(uuid4(), "es") is None
    assert await rows.subtitles(stage.video, "es") == Subtitles("", None)
    persons = Article(uuid4(), chapter, "es", "s", "De una persona", source.content)
    made = replace(article(chapter, "es", "s-2", "Título"), origin={"title": "Título"})
    async with database.transaction() as work:
        found = await work.rows.sides(source.id, "es", held=True)
        assert (found.source.slug, found.source.content) == ("s", source.content)
        assert (found.standing, found.slugs) == (None, frozenset())
        for one in (persons, made):
            await work.rows.save_article(one)
        for tag in ("es", "ca", "es"):
            await work.rows.save_subtitles(stage.video, tag, f"WEBVTT {tag}", {"of": tag})
        standing = await work.rows.subtitles(stage.video, "ca", held=True)
        assert standing == Subtitles("", ("WEBVTT ca", {"of": "ca"}))
    beside = await rows.sides(source.id, "es")
    assert (beside.standing, beside.slugs) == (made, frozenset({"s"}))
    assert (await rows.sides(source.id, "ca")).standing is None
    assert await rows.article_slugs(chapter, "es", uuid4()) == {"s", "s-2"}


async def test_progress_writes_what_it_is_told_once_and_in_its_epoch(
    stage: Stage, window: TranscriptionRequested
) -> None:
    database, job = stage.database(Service.PROGRESS), window.job_id
    async with database.transaction() as work:
        rows = work.rows
        assert await rows.locked({job, uuid4()}) == {job: Summary(1)}
        assert await rows.recorded([window, window]) == {(window.id, 1)}
        assert await rows.recorded([window]) == set()
        later = window.model_copy(update={"attempt": 2})
        assert await rows.recorded([window, later]) == {(window.id, 2)}
        step = Step("window/0", 1, 2, State.QUOTA, 25.0, None, frozenset({"es"}), "quota")
        await rows.save_steps({job: [step, Step("outline", 1, expected=3)]})
        found = await rows.steps({job: 1})
        assert found[job] == {"window/0": step, "outline": Step("outline", 1, expected=3)}
        assert await rows.steps({job: 2}) == {job: {}}
        shown = Summary(1, "processing", "transcribing", "Transcribing", 0.25, None, ("a hole",))
        await rows.save_states({job: shown})
        await rows.save_states({job: Summary(2, "failed", "error")})
        assert await rows.locked([job]) == {job: shown}


async def test_a_job_that_stands_still_is_revived_and_a_live_one_is_not(
    stage: Stage, window: TranscriptionRequested
) -> None:
    database = stage.database(Service.PROGRESS)
    outbox, rows = database.alone.outbox, database.alone.rows
    begun = VideoProcess.following(window, unit="job")
    await outbox.post(Service.GATEWAY, [begun], cause="job")
    await outbox.published([begun.id])
    assert await rows.revive(60) == set()
    await asyncio.sleep(1.1)
    assert await rows.revive(1) == {window.job_id}
    assert await rows.revive(1) == set()  # it has moved, less than a second ago
    assert await outbox.of_unit(begun, "job", Service.GATEWAY) == [begun]
    await asyncio.sleep(0.1)
    ledger = database.alone.ledger
    terms: dict[str, Any] = {"service": Service.TRANSCRIBER, "owner": "a", "lease": 30}
    claim = await ledger.claim(window, "window/0", **terms)
    await asyncio.sleep(0.1)
    assert await rows.revive(0.08) == set()  # a live lease
    await ledger.settle(window, "window/0", claim.fence, Outcome("waiting", after=60))
    await asyncio.sleep(0.1)
    assert await rows.revive(0.08) == set()  # not yet due
    await ledger.claim(window, "window/1", **terms)
    await rows.free_running()
    freed = await ledger.claim(window, "window/1", **terms, alone=True)
    assert (freed.fence, freed.deaths) == (2, 1)


async def test_a_job_is_cancelled_once_and_begins_again_only_at_its_end(stage: Stage) -> None:
    async with stage.database(Service.GATEWAY).transaction() as work:
        begun = await work.rows.create(stage.video, ("es", "ja"))
        assert isinstance(begun, VideoProcess)
        assert (begun.epoch, begun.languages, begun.unit) == (1, ("es", "ja"), "job")
        assert await work.rows.retry(begun.job_id) is None
        for _ in range(2):
            cancelled = await work.rows.cancel(begun.job_id)
            assert isinstance(cancelled, JobCancel)
            assert (cancelled.epoch, cancelled.unit) == (1, "cancel")
    progress = stage.database(Service.PROGRESS).alone.rows
    waiting = Summary(1, cancel_requested=True)
    assert await progress.locked([begun.job_id]) == {begun.job_id: waiting}
    await progress.save_states({begun.job_id: Summary(1, "cancelled", "error", "Cancelled", 0.5)})
    async with stage.database(Service.GATEWAY).transaction() as work:
        assert await work.rows.cancel(begun.job_id) is None
        again = await work.rows.retry(begun.job_id)
        assert isinstance(again, VideoProcess)
        assert (again.epoch, again.languages) == (2, ("es", "ja"))
    assert await progress.locked([begun.job_id]) == {begun.job_id: Summary(2)}
