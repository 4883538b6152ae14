"""Blocks of a document that keep who wrote them, and what they were translated from.

A block is a heading, a paragraph, a code block or an image. Its attrs, beside Tiptap's own:
`blockId` names it in every language and through every edit; `machine` is the digest of what an
engine wrote there, so that a block which reads otherwise is a person's; in a translation, `source`
is the digest of the block that it was translated from, and `stale` is true on a person's block
whose source has changed since. The schema in `tests/prosemirror` declares the same attrs.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal

from shared.formats.tiptap import Node

KINDS = frozenset({"codeBlock", "heading", "image", "paragraph"})
_SHOWN = ("level", "language", "src", "alt", "title", "start", "checked", "align")

Author = Literal["machine", "human"]


def walk(doc: Node) -> Iterator[Node]:
    """Yield a document's blocks in reading order."""
    if doc["type"] in KINDS:
        yield doc
    for child in doc.get("content", []):
        if isinstance(child, dict):
            yield from walk(child)


def mapped(doc: Node, change: Callable[[Node], Node]) -> Node:
    """Return a document with each of its blocks changed."""
    if doc["type"] in KINDS:
        return change(doc)
    if "content" not in doc:
        return doc
    return {**doc, "content": [mapped(child, change) for child in doc["content"]]}


def attr(block: Node, name: str) -> object:
    """Return one of a block's attrs; None where it has none."""
    return (block.get("attrs") or {}).get(name)


def with_attrs(block: Node, **attrs: object) -> Node:
    """Return a block with attrs set; those that are None are removed."""
    both = {**(block.get("attrs") or {}), **attrs}
    kept = {name: value for name, value in both.items() if value is not None or name not in attrs}
    made = {**block, "attrs": kept}
    if not kept:
        del made["attrs"]
    return made


def digest(block: Node) -> str:
    """Return a digest of what a reader sees of a block: its kind, its text, its marks."""
    shown = {name: value for name in _SHOWN if (value := attr(block, name)) is not None}
    return _hashed([block["type"], shown, [_plain(one) for one in block.get("content", [])]])


def whole(doc: Node) -> str:
    """Return a digest of what a reader sees of a document: its blocks and how they stand."""
    return _hashed(_outline(doc))


def author(block: Node) -> Author:
    """Say who wrote a block as it stands."""
    return "machine" if attr(block, "machine") == digest(block) else "human"


def signed(doc: Node, seed: str) -> Node:
    """Return a document that an engine wrote, with an id and the engine's digest on every block.

    The same `seed` and block give the same id, wherever it stands: of a document that is written
    again, what has not changed keeps its name.
    """
    seen: Counter[str] = Counter()

    def sign(block: Node) -> Node:
        written = digest(block)
        seen[written] += 1
        name = _hashed([seed, written, seen[written]])[:12]
        return with_attrs(block, blockId=name, machine=written)

    return mapped(doc, sign)


def identified(doc: Node) -> Node:
    """Return a source's document with an id on every block, each id once.

    An editor gives both halves of a block that is split the same id, and a new block none.
    """
    seen: set[str] = set()

    def name(block: Node) -> Node:
        told = str(attr(block, "blockId") or "")
        number = 0
        while not told or told in seen:
            told = f"{digest(block)[:12]}.{number}"
            number += 1
        seen.add(told)
        return with_attrs(block, blockId=told)

    return mapped(doc, name)


def _outline(node: Node) -> list[object]:
    if node["type"] in KINDS:
        return [digest(node)]
    shown = {name: value for name in _SHOWN if (value := attr(node, name)) is not None}
    return [node["type"], shown, [_outline(child) for child in node.get("content", [])]]


def _plain(inline: Node) -> Node:
    """Leave out what an editor adds to inline nodes by itself, such as a link's target."""
    made = {key: value for key, value in inline.items() if key in {"type", "text"}}
    marks = []
    for mark in inline.get("marks", []):
        attrs = mark.get("attrs") or {}
        marks.append([mark["type"], attrs.get("href"), attrs.get("title")])
    return {**made, "marks": sorted(marks, key=str)}


def _hashed(value: object) -> str:
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(plain.encode(), digest_size=12).hexdigest()
