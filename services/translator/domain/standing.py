"""An article's translation that stands already, and what of it a new one may touch.

A block that a person wrote stays, marked stale where its source has changed; a block whose source
reads as it did stays too. Only the others are translated again. What a person added stays behind
the block that it was added to, and what a person took out stays out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.formats import blocks
from shared.formats.tiptap import Node

_TRACES = ("segmentIds", "second", "unsupported", "blockId")
_ITEMS = frozenset({"listItem", "taskItem"})
_LISTS = frozenset({"bulletList", "orderedList", "taskList"})
_NESTING = _LISTS | _ITEMS | {"blockquote"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A translation as it stands.

    `origin` is what the machine wrote last: `{"title", "sourceTitle", "blocks": [id], "engine"}`.
    What another engine than `engine` wrote is translated again.
    """

    title: str
    content: Node
    origin: Mapping[str, Any]
    engine: str
    _blocks: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        known: dict[str, Node] = {}
        for one in blocks.walk(self.content):
            known.setdefault(str(blocks.attr(one, "blockId") or ""), one)
        object.__setattr__(self, "_blocks", known)

    def block(self, name: str) -> Node | None:
        """Return the block of this id."""
        return self._blocks.get(name)

    def keeps(self, source: Node) -> bool:
        """Say whether a source's block needs no translation: it has one, or a person's text."""
        name = str(blocks.attr(source, "blockId"))
        if (block := self.block(name)) is None:
            return name in self.origin["blocks"]
        return self.is_current(block, source) or blocks.author(block) == "human"

    def is_current(self, block: Node, source: Node) -> bool:
        """Say whether a block is a translation of its source as that reads now."""
        same = blocks.attr(block, "source") == blocks.digest(source)
        return same and self.origin["engine"] == self.engine

    def keeps_title(self, source: str) -> bool:
        """Say whether the title needs no translation."""
        current: bool = (
            source == self.origin["sourceTitle"] and self.origin["engine"] == self.engine
        )
        return current or self.title != str(self.origin["title"])


def placed(doc: Node, place: str = "") -> Iterator[tuple[str, Node]]:
    """Yield a document's blocks with their places, as the items of a translation have them."""
    if doc["type"] in blocks.KINDS:
        yield place, doc
        return
    for n, child in enumerate(doc.get("content", [])):
        yield from placed(child, f"{place}.{n}")


def merged(source: Node, rebuilt: Node, standing: Standing | None, missing: Sequence[str]) -> Node:
    """Return the translation to store.

    `source` has ids; `rebuilt` is the same tree with what was translated now; `missing` are the
    places of blocks that should have been and are in the source language.
    """
    fresh = dict(placed(rebuilt))
    made = {
        str(blocks.attr(block, "blockId")): _chosen(
            block, fresh[place], standing, translated=place not in missing
        )
        for place, block in placed(source)
    }
    doc = blocks.mapped(source, lambda block: made[str(blocks.attr(block, "blockId"))])
    if standing is None:
        return doc
    gone = {one for one in made if standing.block(one) is None} & set(standing.origin["blocks"])
    content = [kept for child in doc["content"] if (kept := _without(child, gone)) is not None]
    stood = standing.content.get("content", [])
    content = _with_added(content, stood, set(standing.origin["blocks"]), set(made))
    return {**doc, "content": content or [{"type": "paragraph"}]}


def _chosen(source: Node, fresh: Node, standing: Standing | None, *, translated: bool) -> Node:
    digest = blocks.digest(source)
    traces = {name: blocks.attr(source, name) for name in _TRACES}
    block = standing.block(str(traces["blockId"])) if standing is not None else None
    if standing is not None and block is not None:
        if blocks.author(block) == "human":
            stale = blocks.attr(block, "source") != digest
            return blocks.with_attrs(block, **traces, stale=stale or None)
        if standing.is_current(block, source):
            return blocks.with_attrs(block, **traces)
    # What could not be translated is asked for again: it rests on no source yet.
    done = digest if translated else None
    return blocks.with_attrs(fresh, **traces, source=done, machine=blocks.digest(fresh), stale=None)


def _without(node: Node, gone: set[str]) -> Node | None:
    """Return what is left of a node of the document once blocks are taken out; None for nothing."""
    names = {str(blocks.attr(one, "blockId")) for one in blocks.walk(node)}
    if names and names <= gone:
        return None
    if node["type"] not in _NESTING:
        return node
    # A list's item begins with a paragraph: that one stays while the item does.
    first = node["content"][:1] if node["type"] in _ITEMS else []
    rest = node["content"][len(first) :]
    left = [kept for child in rest if (kept := _without(child, gone)) is not None]
    return {**node, "content": [*first, *left]}


def _with_added(
    content: Sequence[Node], stood: Sequence[Node], machine: set[str], known: set[str]
) -> list[Node]:
    """Put back what a person added: blocks of which the source, and the machine, know nothing."""
    made = list(content)
    at = 0
    for child in stood:
        shared = _names(child) & known
        if shared:
            places = [n for n, one in enumerate(made) if _names(one) & shared]
            at = places[-1] + 1 if places else at
            for n in places[:1]:
                if child["type"] in _NESTING and made[n]["type"] == child["type"]:
                    within = _with_added(made[n]["content"], child["content"], machine, known)
                    made[n] = {**made[n], "content": within}
        elif any(_is_persons(one, machine) for one in blocks.walk(child)):
            made.insert(at, child)
            at += 1
    return made


def _is_persons(block: Node, machine: set[str]) -> bool:
    known = str(blocks.attr(block, "blockId") or "") in machine
    # A person's text outlives its source: somebody may still want it.
    return not known or blocks.author(block) == "human"


def _names(node: Node) -> set[str]:
    return {str(blocks.attr(one, "blockId") or "") for one in blocks.walk(node)}
