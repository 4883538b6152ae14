"""Docgen's rows on a world in memory."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from services.docgen import ports as docgen
from services.docgen.domain.document import Chapter
from services.docgen.domain.document import Segment as Said
from shared.errors import UnsupportedError
from shared.events import ArticleRequested
from simulation.rows.articles import ArticleRows
from simulation.rows.tables import settled, spoken_language, storage_path
from simulation.world import Tables


class DocgenRows(ArticleRows):
    """See `services.docgen.ports.Rows`."""

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
        return storage_path(await self._view.read(), video_id)

    async def spoken_language(self, video_id: UUID) -> str:
        """See `Rows.spoken_language`."""
        found = spoken_language(await self._view.read(), video_id)
        if found is None:
            message = f"the video {video_id} is gone"
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

    async def articles_ended(self, event: ArticleRequested) -> tuple[int, int]:
        """See `Rows.articles_ended`."""
        return settled(await self._view.read(), event, "docgen", "article/")
