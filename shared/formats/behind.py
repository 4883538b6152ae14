"""How far a translation is behind its original: what the next job would bring to it.

A block of the machine's is behind where its original reads otherwise than when it was translated,
where the original is gone, and where a new one of the original has no translation; the title
counts as a block. What a person did to a translation is never undone by a job, so it counts
differently:

- A block that a person wrote is behind only until a job has marked it `stale`. From then on it is
  outdated: no job brings anything, the person says whether it is still right.
- What a person wrote or added outlives its original, and what a person took out stays out.
- A block whose `source` is none rests on no original: the machine left it in the original's words,
  or a person wants it again. It is behind where its words are not the original's any more.

So a job leaves nothing behind, whatever it could not translate: a report tells that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.formats import blocks
from shared.formats.tiptap import Node


@dataclass(frozen=True, slots=True)
class Text:
    """An article's title and its Tiptap document."""

    title: str
    content: Node


def behind(original: Text, translation: Text, origin: Mapping[str, Any]) -> int:
    """Return how many blocks of a translation are behind its original.

    `origin` is what the machine wrote last: `{"title", "sourceTitle", "blocks": [id]}`.
    """
    now = {_name(one): one for one in blocks.walk(blocks.identified(original.content))}
    stands: dict[str, Node] = {}
    for one in blocks.walk(translation.content):
        stands.setdefault(_name(one), one)
    known = frozenset(origin.get("blocks") or ())
    changed = sum(_is_behind(stands[name], now[name]) for name in now.keys() & stands.keys())
    new = sum(_is_filled(now[name]) for name in now.keys() - stands.keys() - known)
    left = [stands[name] for name in (stands.keys() & known) - now.keys()]
    gone = sum(_is_filled(one) and blocks.author(one) == "machine" for one in left)
    return changed + new + gone + _is_title_behind(original.title, translation.title, origin)


def _is_behind(block: Node, original: Node) -> bool:
    source, now = blocks.attr(block, "source"), blocks.digest(original)
    if blocks.author(block) == "human":
        return source not in {None, now} and not blocks.attr(block, "stale")
    if source is not None:
        return source != now
    # A picture's texts are two, of which one may have been translated. What is wanted again by a
    # person is told by its `stale`.
    is_left = block["type"] == "image" or bool(blocks.attr(block, "stale"))
    return not is_left and blocks.digest(block) != now


def _is_title_behind(original: str, title: str, origin: Mapping[str, Any]) -> bool:
    told = origin.get("sourceTitle")
    # One that could not be translated is the original's own.
    return title == origin.get("title") and original != (title if told is None else told)


def _is_filled(block: Node) -> bool:
    """Say whether a block has anything to translate: an editor ends a document by an empty one."""
    return block["type"] == "image" or bool(block.get("content"))


def _name(block: Node) -> str:
    return str(blocks.attr(block, "blockId") or "")
