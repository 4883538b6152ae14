"""Tiptap documents: how nodes are built, which links are allowed, and their plain text.

A node is JSON: `{"type": str, "attrs"?: {...}, "content"?: [node], "text"?: str,
"marks"?: [{"type": str, "attrs"?: {...}}]}`; a document is the node of type "doc".
"""

import re
from typing import Any

Node = dict[str, Any]
Mark = dict[str, Any]

_INLINE = frozenset({"text", "hardBreak"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0]")


def node(kind: str, content: list[Node] | None = None, **attrs: Any) -> Node:
    """Return a node, leaving out `attrs` and `content` where they are empty."""
    made: Node = {"type": kind}
    if attrs:
        made["attrs"] = attrs
    if content:
        made["content"] = content
    return made


def text(value: str, marks: list[Mark]) -> Node:
    """Return a text node; `value` must not be empty, as Tiptap refuses empty text."""
    made: Node = {"type": "text", "text": value}
    if marks:
        made["marks"] = marks
    return made


def is_inline(item: Node) -> bool:
    """Say whether a node stands within a paragraph rather than being a block itself."""
    return item.get("type") in _INLINE


def safe_link(address: str) -> bool:
    """Say whether a link is http, https, mailto, a #fragment or relative."""
    # Browsers skip these characters when they look for the scheme.
    scheme = _SCHEME.match(_IGNORED.sub("", address))
    return scheme is None or scheme[1].lower() in {"http", "https", "mailto"}


def safe_image(address: str) -> bool:
    """Say whether an image's address is http, https or relative, and not empty."""
    plain = _IGNORED.sub("", address)
    return bool(plain) and safe_link(address) and not plain.lower().startswith("mailto:")


def plain_text(doc: Node) -> str:
    """Return a document's text: blocks on lines of their own, an image as its alt text."""
    lines: list[str] = []
    _collect(doc, lines)
    return "\n".join(lines)


def inline_text(items: list[Node]) -> str:
    """Return the text of inline nodes, a hard break as a newline."""
    return "".join("\n" if n["type"] == "hardBreak" else str(n.get("text", "")) for n in items)


def _collect(item: Node, lines: list[str]) -> None:
    content: list[Node] = item.get("content", [])
    if item.get("type") == "image":
        lines += [alt] if (alt := item.get("attrs", {}).get("alt")) else []
    elif content and is_inline(content[0]):
        lines.append(inline_text(content))
    else:
        for child in content:
            _collect(child, lines)
