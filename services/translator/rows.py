"""The rows that the translator reads, and those that it owns."""

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from uuid import UUID, uuid5

import orjson

from services.translator.domain import items as documents
from services.translator.domain.items import Item
from services.translator.ports import Engine
from shared.errors import UnsupportedError
from shared.events import TranslationRequested
from shared.formats import tiptap, vtt
from shared.formats.tiptap import Node
from shared.ledger import Executor

_TITLE = "title"


async def save_engine(db: Executor, engine: Engine) -> None:
    """Tell which engine translates, and to which languages."""
    languages = await engine.languages()
    await db.execute(
        """insert into engines (service, engine, languages) values ('translator', $1, $2)
           on conflict (service) do update set engine = excluded.engine,
             languages = excluded.languages, updated_at = now()""",
        engine.name,
        None if languages is None else list(languages),
    )


async def source_language(db: Executor, project_id: UUID) -> str:
    """Return the language that a project's videos are in (BCP 47).

    Raises UnsupportedError where there is no such project.
    """
    found = await db.fetchval("select source_language from projects where id = $1", project_id)
    if found is None:
        message = f"the project {project_id} is gone"
        raise UnsupportedError(message)
    return str(found)


async def items(db: Executor, event: TranslationRequested) -> list[Item]:
    """Return the texts of the event's article, or of the video's subtitles."""
    if event.article_id is None:
        return documents.cue_items(await _cues(db, event.video_id))
    row = await db.fetchrow(
        "select title, content_json from articles where id = $1", event.article_id
    )
    if row is None:
        message = f"the article {event.article_id} is gone: process the video again"
        raise UnsupportedError(message)
    return _article_items(row["title"], orjson.loads(row["content_json"]))


async def save_subtitles(
    db: Executor, event: TranslationRequested, translated: Mapping[Item, str]
) -> int:
    """Write the subtitles of one language beside the others'.

    Returns how many texts stay in the source language.
    """
    source = await _cues(db, event.video_id, "for update")
    texts, left = _fitting(documents.cue_items(source), translated)
    cues = documents.rebuilt_cues(source, texts)
    await db.execute(
        """update videos set vtt_languages = vtt_languages || jsonb_build_object($2::text, $3::text)
           where id = $1""",
        event.video_id,
        event.language,
        vtt.write(cues),
    )
    return left


async def save_article(
    db: Executor, event: TranslationRequested, source_id: UUID, translated: Mapping[Item, str]
) -> int:
    """Write the article in one language; one that a person has in review or published stays.

    Its slug follows the source's, unless an article that a person added has it. Returns how many
    texts stay in the source language.
    """
    row = await db.fetchrow(
        "select chapter_id, slug, title, content_json from articles where id = $1 for share",
        source_id,
    )
    if row is None:
        # Deleted while it was translated: there is nothing left to stand beside.
        return 0
    content = orjson.loads(row["content_json"])
    texts, left = _fitting(_article_items(row["title"], content), translated)
    made, _ = documents.rebuilt(content, texts)
    article_id = uuid5(row["chapter_id"], event.language)
    others = await db.fetch(
        "select slug from articles where chapter_id = $1 and language = $2 and id <> $3",
        row["chapter_id"],
        event.language,
        article_id,
    )
    await db.execute(
        """insert into articles as a (id, chapter_id, language, slug, title, content_json,
             content_text) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (id) do update set slug = excluded.slug, title = excluded.title,
             content_json = excluded.content_json, content_text = excluded.content_text
           where a.status = 'draft'""",
        article_id,
        row["chapter_id"],
        event.language,
        _free(row["slug"], {other["slug"] for other in others}),
        documents.plain(texts[_TITLE]) if _TITLE in texts else row["title"],
        orjson.dumps(made).decode(),
        tiptap.plain_text(made),
    )
    return left


def _fitting(items: Sequence[Item], translated: Mapping[Item, str]) -> tuple[dict[str, str], int]:
    """Return the translations whose source still reads as it did, by id, and how many lack one.

    A person may have changed the source meanwhile: an id alone would then name another text.
    """
    texts = {item.id: translated[item] for item in items if item in translated}
    return texts, len(items) - len(texts)


def _free(slug: str, taken: Collection[str]) -> str:
    choices = (slug if n == 1 else f"{slug}-{n}" for n in count(1))
    return next(one for one in choices if one not in taken)


def _article_items(title: str, content: Node) -> list[Item]:
    return [*documents.text_item(_TITLE, title), *documents.items_of(content)]


async def _cues(db: Executor, video_id: UUID, lock: str = "") -> list[vtt.Cue]:
    # `lock` is this module's own word, never input.
    query = f"select vtt_content from videos where id = $1 {lock}"  # noqa: S608
    text = await db.fetchval(query, video_id)
    return vtt.read(text) if text else []
