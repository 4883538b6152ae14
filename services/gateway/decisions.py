"""What a person decides on blocks of a translation that their source has left behind."""

from collections.abc import Mapping
from typing import Literal

from shared.formats import blocks
from shared.formats.tiptap import Node

Decision = Literal["current", "again"]


def decided(document: Node, source: Node | None, decisions: Mapping[str, Decision]) -> Node:
    """Return a translation with a person's decisions on its blocks, by their ids.

    A block that is `current` is right for its source as that reads now. One that is wanted `again`
    counts as the machine's, of a source that is no more: the next job translates it.
    Raises ValueError, with what to do, for a block that is not there.
    """
    named = (
        {}
        if source is None
        else {_name(one): one for one in blocks.walk(blocks.identified(source))}
    )
    if unknown := set(decisions) - {_name(one) for one in blocks.walk(document)}:
        message = f"the article has no block {min(unknown)!r}: read it again"
        raise ValueError(message)

    def change(block: Node) -> Node:
        match decisions.get(_name(block)):
            case "current":
                now = named.get(_name(block))
                known = blocks.attr(block, "source") if now is None else blocks.digest(now)
                return blocks.with_attrs(block, stale=None, source=known)
            case "again":
                return blocks.with_attrs(block, source=None, machine=blocks.digest(block))
        return block

    return blocks.mapped(document, change)


def _name(block: Node) -> str:
    return str(blocks.attr(block, "blockId") or "")
