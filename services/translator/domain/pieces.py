"""What one unit translates: an article or the subtitles, as items, and put together again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from services.translator.domain import items as documents
from services.translator.domain import standing as stands
from services.translator.domain import track as tracks
from services.translator.domain.items import Item
from services.translator.domain.standing import Standing
from services.translator.domain.track import Track
from shared.formats import blocks
from shared.formats.tiptap import Node

_TITLE = "title"
_CHANGED = "the source changed meanwhile"


@dataclass(frozen=True, slots=True)
class Done:
    """What was translated by `engine`; `wrong` says by item what was wrong with the others."""

    texts: Mapping[Item, str]
    engine: str
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translated:
    """An article's translation: `origin` is kept for the next one.

    `left` names the texts that are in the source language still; what is wrong with each stands in
    the origin's `failed`, as `[{"where", "block": its id or none, "text", "checks"}]`.
    """

    title: str
    content: Node
    origin: dict[str, Any]
    left: list[str]


def article_items(title: str, content: Node, standing: Standing | None = None) -> list[Item]:
    """Return the texts of an article to translate, its title first.

    Of an article whose translation `standing` is, only what is new or has changed.
    """
    source = blocks.identified(content)
    every = [*documents.text_item(_TITLE, title), *documents.items_of(source)]
    if standing is None:
        return every
    kept = {place for place, block in stands.placed(source) if standing.keeps(block)}
    if standing.keeps_title(title):
        kept.add(_TITLE)
    return [item for item in every if _place(item.id) not in kept]


def translated_article(
    title: str,
    content: Node,
    done: Done,
    standing: Standing | None = None,
) -> Translated:
    """Return a translated article, on what stands of its translation already."""
    source = blocks.identified(content)
    texts, left = _fitting(article_items(title, content, standing), done.texts)
    missing = [one.id for one in left]
    rebuilt, _ = documents.rebuilt(source, texts)
    made = stands.merged(source, rebuilt, standing, [_place(one) for one in missing])
    written = documents.plain(texts[_TITLE]) if _TITLE in texts else title
    if standing is not None and standing.keeps_title(title):
        shown, origin = standing.title, dict(standing.origin)
        origin["sourceTitle"] = title
    else:
        # A title that could not be translated is asked for again.
        told = title if _TITLE not in missing else None
        shown, origin = written, {"title": written, "sourceTitle": told}
    names = [str(blocks.attr(one, "blockId")) for one in blocks.walk(source)]
    ids = {place: str(blocks.attr(block, "blockId")) for place, block in stands.placed(source)}
    failed = [_failed(one, _where(one.id), done, block=ids.get(_place(one.id))) for one in left]
    origin |= {"blocks": names, "engine": done.engine, "failed": failed}
    return Translated(shown, made, origin, [_where(one) for one in missing])


def subtitle_items(text: str, track: Track | None = None) -> list[Item]:
    """Return the texts of a WebVTT file to translate; on a `track`, what is new or has changed."""
    return tracks.cue_items(text, track)


def translated_subtitles(
    text: str, done: Done, track: Track | None = None
) -> tuple[str, dict[str, Any], list[str]]:
    """Return a WebVTT file translated, its origin, and the cues that stay, by name.

    Its cues are in step with the source's, and keep the rules of subtitles: where a translation is
    longer than its cue, it has two. What is wrong with those that stay stands in the origin's
    `failed`, as `[{"where", "start": seconds, "text", "checks"}]`.
    """
    texts, left = _fitting(tracks.cue_items(text, track), done.texts)
    made, origin = tracks.merged(text, texts, done.engine, track)
    names = [f"cue {int(one.id) + 1}" for one in left]
    starts = tracks.starts(text)
    origin["failed"] = [
        _failed(one, name, done, start=starts[int(one.id)])
        for one, name in zip(left, names, strict=True)
    ]
    return made, origin, names


def free_slug(slug: str, taken: Collection[str]) -> str:
    """Return the slug, else with `-2`, `-3` and so on."""
    choices = (slug if n == 1 else f"{slug}-{n}" for n in count(1))
    return next(one for one in choices if one not in taken)


def _place(item: str) -> str:
    """Return the place of the block that an item's text stands in."""
    return item.split("@", maxsplit=1)[0]


def _where(item: str) -> str:
    return item if item == _TITLE else f"block {item.strip('.')}"


def _failed(item: Item, where: str, done: Done, **place: Any) -> dict[str, Any]:
    checks = list(done.wrong.get(item.id, [_CHANGED]))
    return {"where": where, **place, "text": documents.plain(item.text), "checks": checks}


def _fitting(
    items: Sequence[Item], translated: Mapping[Item, str]
) -> tuple[dict[str, str], list[Item]]:
    """Return the translations whose source still reads as it did, and the others' items.

    A person may have changed the source meanwhile: an id alone would then name another text.
    """
    texts = {item.id: translated[item] for item in items if item in translated}
    return texts, [item for item in items if item.id not in texts]
