"""Each service's rows on a world in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

from services.docgen import ports as docgen
from services.docgen.domain.document import Chapter
from services.docgen.domain.document import Segment as Said
from services.progress.domain.fold import Step
from services.progress.domain.summary import Summary
from services.progress.ports import Steps
from services.transcriber.domain.segments import Segment
from services.transcriber.rows import A_WINDOW
from services.translator.ports import Article
from shared.errors import UnsupportedError
from shared.events import ArticleRequested, Event, TranscriptionRequested
from simulation.world import Tables, View


def _settled(tables: Tables, event: Event, service: str, prefix: str) -> tuple[int, int]:
    """Return how many units of an event's job and epoch have ended, and how many ended well."""
    states = [
        unit.state
        for (job, epoch, name), unit in tables.units.items()
        if (job, epoch, unit.service) == (event.job_id, event.epoch, service)
        and name.startswith(prefix)
        and unit.state in {"done", "failed"}
    ]
    return len(states), states.count("done")


def _storage_path(tables: Tables, video_id: UUID) -> str:
    video = tables.videos.get(video_id)
    if video is None or not video.storage_path:
        message = f"video {video_id} has no file: upload it, then process it again"
        raise UnsupportedError(message)
    return video.storage_path


class TranscriberRows:
    """See `services.transcriber.ports.Rows`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def storage_path(self, video_id: UUID) -> str:
        """See `Rows.storage_path`."""
        return _storage_path(await self._view.read(), video_id)

    async def languages(self, job_id: UUID) -> tuple[str, ...]:
        """See `Rows.languages`."""
        job = (await self._view.read()).jobs.get(job_id)
        return () if job is None else job.languages

    async def save_duration(self, video_id: UUID, seconds: float) -> None:
        """See `Rows.save_duration`."""

        def change(tables: Tables) -> None:
            tables.videos[video_id] = replace(tables.videos[video_id], duration=seconds)

        await self._view.write(change)

    async def save_window(
        self, event: TranscriptionRequested, segments: Sequence[Segment], engine: str
    ) -> None:
        """See `Rows.save_window`."""
        first = event.window * A_WINDOW

        def change(tables: Tables) -> None:
            for video, place in list(tables.segments):
                if video == event.video_id and first <= place < first + A_WINDOW:
                    del tables.segments[video, place]
            for n, one in enumerate(segments):
                tables.segments[event.video_id, first + n] = (one, engine)

        await self._view.write(change)

    async def windows_ended(self, event: TranscriptionRequested) -> tuple[int, int]:
        """See `Rows.windows_ended`."""
        return _settled(await self._view.read(), event, "transcriber", "window/")

    async def segments(self, event: TranscriptionRequested) -> list[Segment]:
        """See `Rows.segments`."""

        def change(tables: Tables) -> list[Segment]:
            places = sorted(place for video, place in tables.segments if video == event.video_id)
            for place in places:
                if place >= event.windows * A_WINDOW:
                    del tables.segments[event.video_id, place]
            kept = [place for place in places if place < event.windows * A_WINDOW]
            return [tables.segments[event.video_id, place][0] for place in kept]

        found: list[Segment] = await self._view.write(change)
        return found

    async def save_subtitles(self, video_id: UUID, vtt: str) -> None:
        """See `Rows.save_subtitles`."""

        def change(tables: Tables) -> None:
            tables.videos[video_id] = replace(tables.videos[video_id], vtt=vtt)

        await self._view.write(change)


class DocgenRows:
    """See `services.docgen.ports.Rows`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def save_engine(self, engine: str) -> None:
        """See `Rows.save_engine`."""
        await self._view.write(lambda tables: tables.engines.update(docgen=(engine, None)))

    async def transcript(self, video_id: UUID) -> docgen.Transcript:
        """See `Rows.transcript`."""
        tables = await self._view.read()
        places = sorted(place for video, place in tables.segments if video == video_id)
        found = [tables.segments[video_id, place][0] for place in places]
        return docgen.Transcript(
            tuple(
                Said(n, one.start, one.end, one.spoken, one.visual, one.confidence)
                for n, one in enumerate(found)
            ),
            tuple(str(uuid5(video_id, str(place))) for place in places),
        )

    async def storage_path(self, video_id: UUID) -> str:
        """See `Rows.storage_path`."""
        return _storage_path(await self._view.read(), video_id)

    async def source_language(self, project_id: UUID) -> str:
        """See `Rows.source_language`."""
        found = (await self._view.read()).projects.get(project_id)
        if found is None:
            message = f"the project {project_id} is gone"
            raise UnsupportedError(message)
        return found

    async def slugs(self, project_id: UUID) -> list[tuple[str, UUID | None]]:
        """See `Rows.slugs`."""
        tables = await self._view.read()
        return [
            (placed.slug, video)
            for project, video, _, placed in tables.chapters.values()
            if project == project_id
        ]

    async def save_chapters(
        self, project_id: UUID, video_id: UUID, chapters: Sequence[docgen.PlacedChapter]
    ) -> list[UUID]:
        """See `Rows.save_chapters`."""

        def change(tables: Tables) -> list[UUID]:
            known = {
                placed.slug: (one, video)
                for one, (project, video, _, placed) in tables.chapters.items()
                if project == project_id
            }
            ids = []
            for order, placed in enumerate(chapters):
                new = (uuid5(video_id, placed.slug), video_id)
                one, video = known.get(placed.slug, new)
                tables.chapters[one] = (project_id, video, order, placed)
                ids.append(one)
            for one, (_, video, _, _) in list(tables.chapters.items()):
                articles = [a for a in tables.articles.items() if a[1][0].chapter_id == one]
                reviewed = any(status != "draft" for _, (_, status) in articles)
                if video == video_id and one not in ids and not reviewed:
                    del tables.chapters[one]
                    for article, _ in articles:
                        del tables.articles[article]
            return ids

        found: list[UUID] = await self._view.write(change)
        return found

    async def chapters(self, video_id: UUID) -> dict[UUID, Chapter]:
        """See `Rows.chapters`."""
        tables = await self._view.read()
        found = [
            (order, one, placed.chapter)
            for one, (_, video, order, placed) in tables.chapters.items()
            if video == video_id
        ]
        return {one: chapter for _, one, chapter in sorted(found, key=lambda each: each[:2])}

    async def article_slugs(self, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
        """See `Rows.article_slugs`."""
        return _article_slugs(await self._view.read(), chapter_id, language, article_id)

    async def save_article(self, article: docgen.Article) -> None:
        """See `Rows.save_article`."""
        await self._view.write(lambda tables: _save_article(tables, article))

    async def articles_ended(self, event: ArticleRequested) -> tuple[int, int]:
        """See `Rows.articles_ended`."""
        return _settled(await self._view.read(), event, "docgen", "article/")


def _article_slugs(tables: Tables, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
    return {
        article.slug
        for one, (article, _) in tables.articles.items()
        if (article.chapter_id, article.language) == (chapter_id, language) and one != article_id
    }


def _save_article(tables: Tables, article: docgen.Article | Article) -> None:
    _, status = tables.articles.get(article.id, (None, "draft"))
    if status == "draft":
        made = docgen.Article(
            article.id,
            article.chapter_id,
            article.language,
            article.slug,
            article.title,
            article.content,
        )
        tables.articles[article.id] = (made, "draft")


class TranslatorRows:
    """See `services.translator.ports.Rows`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """See `Rows.save_engine`."""
        told = None if languages is None else tuple(languages)
        await self._view.write(lambda tables: tables.engines.update(translator=(engine, told)))

    async def source_language(self, project_id: UUID) -> str | None:
        """See `Rows.source_language`."""
        return (await self._view.read()).projects.get(project_id)

    async def article(self, article_id: UUID) -> Article | None:
        """See `Rows.article`."""
        found = (await self._view.read()).articles.get(article_id)
        if found is None:
            return None
        one = found[0]
        return Article(one.id, one.chapter_id, one.language, one.slug, one.title, one.content)

    async def article_slugs(self, chapter_id: UUID, language: str, article_id: UUID) -> set[str]:
        """See `Rows.article_slugs`."""
        return _article_slugs(await self._view.read(), chapter_id, language, article_id)

    async def save_article(self, article: Article) -> None:
        """See `Rows.save_article`."""
        await self._view.write(lambda tables: _save_article(tables, article))

    async def subtitles(self, video_id: UUID) -> str:
        """See `Rows.subtitles`."""
        video = (await self._view.read()).videos.get(video_id)
        return (video.vtt if video else None) or ""

    async def save_subtitles(self, video_id: UUID, language: str, vtt: str) -> None:
        """See `Rows.save_subtitles`."""

        def change(tables: Tables) -> None:
            video = tables.videos[video_id]
            made = {**dict(video.vtt_languages), language: vtt}
            tables.videos[video_id] = replace(video, vtt_languages=tuple(made.items()))

        await self._view.write(change)


class ProgressRows:
    """See `services.progress.ports.Rows`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def locked(self, jobs: Collection[UUID]) -> dict[UUID, Summary]:
        """See `Rows.locked`."""
        tables = await self._view.read()
        return {one: tables.jobs[one].shown for one in sorted(jobs) if one in tables.jobs}

    async def recorded(self, events: Sequence[Event]) -> set[tuple[UUID, int]]:
        """See `Rows.recorded`."""

        def change(tables: Tables) -> set[tuple[UUID, int]]:
            new = {(one.id, one.attempt): one for one in events}
            fresh = {key: one for key, one in new.items() if key not in tables.timeline}
            tables.timeline |= fresh
            return set(fresh)

        found: set[tuple[UUID, int]] = await self._view.write(change)
        return found

    async def steps(self, epochs: Mapping[UUID, int]) -> dict[UUID, Steps]:
        """See `Rows.steps`."""
        tables = await self._view.read()
        found: dict[UUID, Steps] = {job: {} for job in epochs}
        for (job, epoch, unit), (step, _) in tables.steps.items():
            if epochs.get(job) == epoch:
                found[job][unit] = step
        return found

    async def save_steps(self, changed: Mapping[UUID, Collection[Step]]) -> None:
        """See `Rows.save_steps`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for job, steps in changed.items():
                for one in steps:
                    tables.steps[job, one.epoch, one.unit] = (one, now)

        await self._view.write(change)

    async def save_states(self, states: Mapping[UUID, Summary]) -> None:
        """See `Rows.save_states`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for one, shown in states.items():
                if tables.jobs[one].epoch == shown.epoch:
                    tables.jobs[one] = replace(tables.jobs[one], shown=shown, updated_at=now)

        await self._view.write(change)

    async def revive(self, still: float) -> set[UUID]:
        """See `Rows.revive`."""

        def change(tables: Tables) -> set[UUID]:
            now = self._view.world.now()
            jobs = {one for one in tables.jobs if _stands_still(tables, one, now, still)}
            for one in jobs:
                tables.jobs[one] = replace(tables.jobs[one], updated_at=now)
            for key, row in tables.outbox.items():
                job = row.event.job_id
                if job in jobs and row.event.epoch == tables.jobs[job].epoch:
                    tables.outbox[key] = replace(row, published=False)
            return jobs

        found: set[UUID] = await self._view.write(change)
        return found

    async def free_running(self) -> None:
        """See `Rows.free_running`."""
        now = self._view.world.now()

        def change(tables: Tables) -> None:
            for key, unit in tables.units.items():
                if unit.state == "running":
                    tables.units[key] = replace(
                        unit, state="waiting", due_at=now, unknown=unit.unknown + 1
                    )

        await self._view.write(change)


def _stands_still(tables: Tables, job: UUID, now: float, still: float) -> bool:
    row = tables.jobs[job]
    if row.shown.status not in {"pending", "processing"} or row.updated_at >= now - still:
        return False
    stepped = any(at > now - still for (one, _, _), (_, at) in tables.steps.items() if one == job)
    alive = any(
        max(unit.updated_at, unit.due_at) > now - still
        or (unit.state == "running" and unit.lease_until > now)
        for (one, _, _), unit in tables.units.items()
        if one == job
    )
    return not stepped and not alive
