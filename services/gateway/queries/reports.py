"""What a translation left in the source language, as the translator noted it beside its work."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson

from services.gateway.models.reports import Untranslated
from shared.formats import blocks, vtt
from shared.formats.tiptap import Node
from shared.postgres.statements import Executor


async def untranslated(db: Executor, video_id: UUID, language: str) -> list[Untranslated]:
    """Return the texts of a video that have no translation: the articles' in order, the cues'."""
    rows = await db.fetch(
        """select a.id, a.title, a.content_json as content, a.origin from articles a
             join chapters c on c.id = a.chapter_id
           where a.video_id = $1 and a.language = $2
             and jsonb_array_length(a.origin -> 'failed') > 0
           order by c."order", c.id, a.slug""",
        video_id,
        language,
    )
    found = [
        _told(one, article_id=row["id"])
        for row in rows
        for one in _of_article(
            row["title"], orjson.loads(row["content"]), orjson.loads(row["origin"])
        )
    ]
    row = await db.fetchrow(
        """select vtt_languages ->> $2 as text, vtt_origins -> $2 -> 'failed' as failed
           from videos where id = $1""",
        video_id,
        language,
    )
    if row is not None and row["text"] and row["failed"]:
        found += [_told(one) for one in _of_track(row["text"], orjson.loads(row["failed"]))]
    return found


def _of_article(title: str, content: Node, origin: dict[str, Any]) -> Iterator[dict[str, Any]]:
    machines = {
        blocks.attr(block, "blockId")
        for block in blocks.walk(content)
        if blocks.author(block) == "machine"
    }
    for one in origin["failed"]:
        if one["block"] in machines or (one["block"] is None and title == origin["title"]):
            yield one


def _of_track(text: str, failed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    shown = {cue.start: " ".join(cue.text.split()) for cue in vtt.read(text)}
    for one in failed:
        # One that is too long for its cue goes on in the next one.
        if one["start"] in shown and one["text"].startswith(shown[one["start"]]):
            yield one


def _told(one: dict[str, Any], article_id: UUID | None = None) -> Untranslated:
    return Untranslated(
        article_id=article_id,
        block_id=one.get("block"),
        start=one.get("start"),
        where=one["where"],
        text=one["text"],
        checks=one["checks"],
    )
