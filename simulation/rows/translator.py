"""The translator's rows on a world in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.translator.domain.style import PLAIN, Style
from shared.articles import Article
from simulation.rows.articles import ArticleRows
from simulation.world import Tables


class TranslatorRows(ArticleRows):
    """See `services.translator.ports.Rows`."""

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """See `Rows.save_engine`."""
        told = None if languages is None else tuple(languages)
        await self._view.write(lambda tables: tables.engines.update(translator=(engine, told)))

    async def source_language(self, project_id: UUID) -> str | None:
        """See `Rows.source_language`."""
        return (await self._view.read()).projects.get(project_id)

    async def style(self, project_id: UUID, language: str) -> Style:
        """See `Rows.style`."""
        del project_id, language
        return PLAIN

    async def article(self, article_id: UUID) -> Article | None:
        """See `Rows.article`."""
        found = (await self._view.read()).articles.get(article_id)
        return None if found is None else replace(found[0], origin={})

    async def subtitles(self, video_id: UUID, *, held: bool = False) -> str:
        """See `Rows.subtitles`."""
        del held  # one transaction at a time
        video = (await self._view.read()).videos.get(video_id)
        return (video.vtt if video else None) or ""

    async def track(self, video_id: UUID, language: str) -> tuple[str, Mapping[str, Any]] | None:
        """See `Rows.track`."""
        video = (await self._view.read()).videos[video_id]
        texts, origins = dict(video.vtt_languages), dict(video.vtt_origins)
        both = language in texts and language in origins
        return (texts[language], origins[language]) if both else None

    async def save_subtitles(
        self, video_id: UUID, language: str, vtt: str, origin: Mapping[str, Any]
    ) -> None:
        """See `Rows.save_subtitles`."""

        def change(tables: Tables) -> None:
            video = tables.videos[video_id]
            texts = {**dict(video.vtt_languages), language: vtt}
            origins = {**dict(video.vtt_origins), language: origin}
            tables.videos[video_id] = replace(
                video, vtt_languages=tuple(texts.items()), vtt_origins=tuple(origins.items())
            )

        await self._view.write(change)
