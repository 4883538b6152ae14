"""What one unit translates: an article or the subtitles, as items, and put together again."""

from collections.abc import Collection, Mapping, Sequence
from itertools import count

from services.translator.domain import items as documents
from services.translator.domain.items import Item
from shared.formats import vtt
from shared.formats.tiptap import Node

_TITLE = "title"


def article_items(title: str, content: Node) -> list[Item]:
    """Return the texts of an article, its title first."""
    return [*documents.text_item(_TITLE, title), *documents.items_of(content)]


def translated_article(
    title: str, content: Node, translated: Mapping[Item, str]
) -> tuple[str, Node, list[str]]:
    """Return an article's title and document translated, and the texts that stay, by name."""
    texts, left = _fitting(article_items(title, content), translated)
    made, _ = documents.rebuilt(content, texts)
    named = [one if one == _TITLE else f"block {one.strip('.')}" for one in left]
    return documents.plain(texts[_TITLE]) if _TITLE in texts else title, made, named


def subtitle_items(text: str) -> list[Item]:
    """Return the texts of a WebVTT file; none of an empty one."""
    return documents.cue_items(vtt.read(text)) if text else []


def translated_subtitles(text: str, translated: Mapping[Item, str]) -> tuple[str, list[str]]:
    """Return a WebVTT file translated, times as they are, and the cues that stay, by name."""
    cues = vtt.read(text) if text else []
    texts, left = _fitting(documents.cue_items(cues), translated)
    named = [f"cue {int(one) + 1}" for one in left]
    return vtt.write(documents.rebuilt_cues(cues, texts)), named


def free_slug(slug: str, taken: Collection[str]) -> str:
    """Return the slug, else with `-2`, `-3` and so on."""
    choices = (slug if n == 1 else f"{slug}-{n}" for n in count(1))
    return next(one for one in choices if one not in taken)


def _fitting(
    items: Sequence[Item], translated: Mapping[Item, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the translations whose source still reads as it did, by id, and the ids without one.

    A person may have changed the source meanwhile: an id alone would then name another text.
    """
    texts = {item.id: translated[item] for item in items if item in translated}
    return texts, [item.id for item in items if item.id not in texts]
