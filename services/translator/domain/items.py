"""Documents and subtitles as lists of texts to translate, and back.

An engine never sees a tree or a timing. It gets one item per block of text, in which marks are
`⟦1⟧...⟦/1⟧`, and what is not to be translated (inline code, line breaks) is a lone `⟦2⟧`. A bracket
of this kind in the text itself is `⟦o⟧` or `⟦c⟧`. The result is put back by the items' ids.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.formats import tiptap
from shared.formats.tiptap import Mark, Node
from shared.formats.vtt import Cue

TOKEN = re.compile(r"⟦(/?\d+|[oc])⟧")
_BRACKETS = {"⟦": "⟦o⟧", "⟧": "⟦c⟧"}
_LITERAL = {"o": "⟦", "c": "⟧"}
_LETTER = re.compile(r"[^\W\d_]")
_TEXT_ATTRS = ("alt", "title")


@dataclass(frozen=True, slots=True)
class Item:
    """One text to translate; `id` is its place, unique within the document."""

    id: str
    text: str


def items_of(doc: Node) -> list[Item]:
    """Return the texts of a Tiptap document in reading order; code blocks have none."""
    return list(_items(doc, ""))


def rebuilt(doc: Node, translations: Mapping[str, str]) -> tuple[Node, list[str]]:
    """Return the document with its texts replaced by id, and the ids that have no translation.

    The tree, marks, addresses and attrs are the document's own. Raises ValueError for a
    translation that names a placeholder which its item does not have.
    """
    missing = [item.id for item in _items(doc, "") if item.id not in translations]
    return _rebuilt(doc, "", translations), missing


def cue_items(cues: Sequence[Cue]) -> list[Item]:
    """Return a cue's text as one item, its lines joined; a cue without letters has none."""
    found = (Item(str(n), _escaped(" ".join(cue.text.split()))) for n, cue in enumerate(cues))
    return [item for item in found if _worth(item.text)]


def text_item(id_: str, text: str) -> list[Item]:
    """Return a text outside of the document, such as its title, as an item; none if no letters."""
    item = Item(id_, _escaped(text))
    return [item] if _worth(item.text) else []


def plain(text: str) -> str:
    """Return the translation of a `text_item` as it is shown."""
    return _literal(text)


def _items(node: Node, place: str) -> Iterable[Item]:
    if node["type"] == "codeBlock":
        return
    attrs = node.get("attrs", {})
    for name in _TEXT_ATTRS:
        value = attrs.get(name)
        if isinstance(value, str) and _worth(value):
            yield Item(f"{place}@{name}", _escaped(value))
    content: list[Node] = node.get("content", [])
    if content and tiptap.is_inline(content[0]):
        text = "".join(encoded for encoded, _ in _runs(content))
        if _worth(text):
            yield Item(place, text)
        return
    for n, child in enumerate(content):
        yield from _items(child, f"{place}.{n}")


def _rebuilt(node: Node, place: str, translations: Mapping[str, str]) -> Node:
    if node["type"] == "codeBlock":
        return node
    made = dict(node)
    changed = {
        name: _literal(translations[f"{place}@{name}"])
        for name in _TEXT_ATTRS
        if f"{place}@{name}" in translations
    }
    if changed:
        made["attrs"] = {**node["attrs"], **changed}
    content: list[Node] = node.get("content", [])
    if content and tiptap.is_inline(content[0]):
        if place in translations:
            made["content"] = _inline(translations[place], content)
    elif content:
        made["content"] = [
            _rebuilt(child, f"{place}.{n}", translations) for n, child in enumerate(content)
        ]
    return made


def _runs(content: Sequence[Node]) -> list[tuple[str, Node | None]]:
    """Return each inline node as text, and the node where it is a placeholder."""
    found: list[tuple[str, Node | None]] = []
    number = 0
    for node in content:
        marks = node.get("marks", [])
        if node["type"] != "text" or any(mark["type"] == "code" for mark in marks):
            number += 1
            found.append((f"⟦{number}⟧", node))
        elif marks:
            number += 1
            found.append((f"⟦{number}⟧{_escaped(node['text'])}⟦/{number}⟧", node))
        else:
            found.append((_escaped(node["text"]), None))
    return found


def _inline(text: str, content: Sequence[Node]) -> list[Node]:
    placed = [node for _, node in _runs(content) if node is not None]
    made: list[Node] = []
    marks: list[Mark] = []
    for n, piece in enumerate(TOKEN.split(text)):
        if n % 2 == 0:
            _add(made, piece, marks)
        elif piece in _LITERAL:
            _add(made, _LITERAL[piece], marks)
        elif piece.startswith("/"):
            marks = []
        else:
            number = int(piece)
            if not 0 < number <= len(placed):
                message = f"the translation names placeholder {number}, the text has {len(placed)}"
                raise ValueError(message)
            node = placed[number - 1]
            if _alone(node):
                made.append(node)
            else:
                marks = node["marks"]
    return made


def _alone(node: Node) -> bool:
    return node["type"] != "text" or any(m["type"] == "code" for m in node.get("marks", []))


def _add(made: list[Node], text: str, marks: list[Mark]) -> None:
    if not text:
        return
    if made and made[-1]["type"] == "text" and made[-1].get("marks", []) == marks:
        made[-1] = tiptap.text(made[-1]["text"] + text, marks)
    else:
        made.append(tiptap.text(text, marks))


def _escaped(text: str) -> str:
    return re.sub("[⟦⟧]", lambda found: _BRACKETS[found[0]], text)


def _literal(text: str) -> str:
    return TOKEN.sub(lambda found: _LITERAL.get(found[1], ""), text)


def _worth(text: str) -> bool:
    return _LETTER.search(TOKEN.sub("", text)) is not None
