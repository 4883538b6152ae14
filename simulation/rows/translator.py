"""The translator's rows on a world in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from services.translator.domain.style import Into
from services.translator.ports import Sides, Subtitles
from simulation.rows.articles import ArticleRows
from simulation.rows.tables import spoken_language
from simulation.world import Tables


class TranslatorRows(ArticleRows):
    """See `services.translator.ports.Rows`."""

    async def save_engine(self, engine: str, languages: Sequence[str] | None) -> None:
        """See `Rows.save_engine`."""
        told = None if languages is None else tuple(languages)
        await self._view.write(lambda tables: tables.engines.update(translator=(engine, told)))

    async def spoken_language(self, video_id: UUID) -> str | None:
        """See `Rows.spoken_language`."""
        return spoken_language(await self._view.read(), video_id)

    async def into(self, video_id: UUID, language: str) -> Into | None:
        """See `Rows.into`."""
        source = spoken_language(await self._view.read(), video_id)
        return None if source is None else Into(source, language)

    async def sides(self, article_id: UUID, language: str, *, held: bool = False) -> Sides | None:
        """See `Rows.sides`."""
        del held  # one transaction at a time
        articles = (await self._view.read()).articles
        if article_id not in articles:
            return None
        source, _ = articles[article_id]
        made = uuid5(source.chapter_id, language)
        standing, _ = articles.get(made, (None, ""))
        return Sides(
            source,
            standing if standing is not None and standing.origin else None,
            frozenset(
                one.slug
                for id_, (one, _) in articles.items()
                if (one.chapter_id, one.language) == (source.chapter_id, language) and id_ != made
            ),
        )

    async def subtitles(self, video_id: UUID, language: str, *, held: bool = False) -> Subtitles:
        """See `Rows.subtitles`."""
        del held
        video = (await self._view.read()).videos.get(video_id)
        if video is None:
            return Subtitles("", None)
        texts, origins = dict(video.vtt_languages), dict(video.vtt_origins)
        both = language in texts and language in origins
        return Subtitles(video.vtt or "", (texts[language], origins[language]) if both else None)

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
