"""Markdown to and from Tiptap documents (`shared.formats.tiptap` gives their shape)."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from shared.formats import spans, tiptap
from shared.formats.tiptap import Mark, Node, node

# Without "html", tags are text like any other.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_BLOCKS = {"bullet_list": "bulletList", "blockquote": "blockquote", "list_item": "listItem"}
_HASHES = re.compile(r"(?<![^ \t])#+$")
_LISTS = frozenset({"bulletList", "orderedList"})


def from_markdown(text: str) -> Node:
    """Return the Tiptap document for CommonMark with tables and strikethrough.

    Raw HTML becomes text; images become blocks of their own; a link to anything but http,
    https, mailto, a #fragment or a relative address keeps only its text. Never fails.
    """
    return node("doc", _blocks(SyntaxTreeNode(_PARSER.parse(text)).children))


def to_markdown(doc: Node, *, title: str = "") -> str:
    """Return a Tiptap document as Markdown ending in a newline; unknown nodes give their content.

    A `title` stands above it as a heading of the first level. A table cell's blocks are put on
    one line. Raises KeyError for a node without a type.
    """
    heading = [node("heading", [tiptap.text(title, [])], level=1)] if title.strip() else []
    return _written([*heading, *doc.get("content", [])]).strip("\n") + "\n"


def _blocks(items: Sequence[SyntaxTreeNode]) -> list[Node]:
    found = [made for item in items for made in _block(item)]
    # Tiptap's containers must hold at least one block.
    return found or [node("paragraph")]


def _block(item: SyntaxTreeNode) -> list[Node]:
    kind = item.type
    if kind in {"paragraph", "heading"}:
        attrs: dict[str, Any] = {"level": int(item.tag[1])} if kind == "heading" else {}
        return _split(_inline(item.children, []), kind, attrs)
    if kind in {"fence", "code_block"}:
        value = item.content.removesuffix("\n")
        language = next(iter(item.info.split()), None) if kind == "fence" else None
        return [node("codeBlock", [tiptap.text(value, [])] if value else [], language=language)]
    if kind == "hr":
        return [node("horizontalRule")]
    if kind == "ordered_list":
        return [node("orderedList", _blocks(item.children), start=int(item.attrs.get("start", 1)))]
    if kind == "table":
        rows = [row for part in item.children for row in part.children]
        return [node("table", [node("tableRow", [_cell(c) for c in row.children]) for row in rows])]
    content = _blocks(item.children)
    if kind == "list_item" and content[0]["type"] != "paragraph":
        content.insert(0, node("paragraph"))  # Tiptap's list items start with one
    return [node(_BLOCKS[kind], content)]


def _cell(item: SyntaxTreeNode) -> Node:
    inline = _inline(item.children, [])
    kind = "tableHeader" if item.type == "th" else "tableCell"
    return node(kind, _split(inline, "paragraph", {}) or [node("paragraph")])


def _split(inline: list[Node], kind: str, attrs: dict[str, Any]) -> list[Node]:
    """Return blocks for inline content, each image standing between them."""
    found: list[Node] = []
    for block, group in groupby(inline, key=lambda n: n["type"] == "image"):
        items = list(group)
        if block:
            found += items
        elif tiptap.inline_text(items).strip():
            found.append(node(kind, _trimmed(items), **attrs))
    return found or ([node(kind, **attrs)] if kind == "heading" else [])


def _trimmed(items: list[Node]) -> list[Node]:
    """Remove the space that stood between text and an image, and join equal neighbours."""
    joined: list[Node] = []
    for item in items:
        last = joined[-1] if joined else {}
        if "text" in item and "text" in last and item.get("marks") == last.get("marks"):
            joined[-1] = {**last, "text": last["text"] + item["text"]}
        else:
            joined.append(item)
    for at, strip in ((0, str.lstrip), (-1, str.rstrip)):
        while joined and not (value := strip(joined[at].get("text", ""))):
            joined.pop(at)
        joined[at] = {**joined[at], "text": value}
    return joined


def _inline(items: Sequence[SyntaxTreeNode], marks: list[Mark]) -> list[Node]:
    found: list[Node] = []
    for item in items:
        kind, inner = item.type, marks
        if kind == "hardbreak":
            found.append(node("hardBreak"))
        elif kind == "image":
            found += _image(item, marks)
        elif kind == "code_inline":
            # Tiptap's code mark admits no other beside it.
            found.append(tiptap.text(item.content, [{"type": "code"}]))
        elif kind in {"text", "softbreak"}:
            value = item.content if kind == "text" else " "
            found += [tiptap.text(value, marks)] if value else []
        else:
            address = str(item.attrs.get("href", ""))
            if kind == "link" and tiptap.safe_link(address):
                inner = [*marks, {"type": "link", "attrs": {"href": address}}]
            elif kind in _MARKS and all(m["type"] != _MARKS[kind] for m in marks):
                inner = [*marks, {"type": _MARKS[kind]}]
            inner = sorted(inner, key=lambda mark: spans.ORDER.index(mark["type"]))
            found += _inline(item.children, inner)
    return found


def _image(item: SyntaxTreeNode, marks: list[Mark]) -> list[Node]:
    source = str(item.attrs.get("src", ""))
    alt = tiptap.inline_text(_inline(item.children, [])) if item.children else item.content
    if tiptap.safe_image(source):
        title = item.attrs.get("title")
        return [node("image", src=source, alt=alt, title=str(title) if title else None)]
    return [tiptap.text(alt, marks)] if alt else []


def _written(items: list[Node]) -> str:
    parts: list[str] = []
    last, other = "", False
    for item in items:
        # Neighbouring lists of one kind would become one list if they had the same sign.
        other = not other if item["type"] == last else False
        part = _list(item, other=other) if item["type"] in _LISTS else _write(item)
        if part:
            parts.append(part)
            last = item["type"]
    return "\n\n".join(parts)


def _write(item: Node) -> str:
    attrs, content = item.get("attrs") or {}, item.get("content", [])
    written = ""
    match item["type"]:
        case "paragraph":
            written = spans.written(content)
        case "heading":
            # Hashes at the end would be read as the heading's own.
            value = _HASHES.sub(r"\\\g<0>", spans.written(content, line=True))
            written = f"{'#' * attrs.get('level', 1)} {value}".rstrip(" ")
        case "codeBlock":
            value = tiptap.inline_text(content)
            language = attrs.get("language") or ""
            # A language may hold a backtick only after a fence of tildes.
            sign = "~" if "`" in language else "`"
            fence = sign * max(3, 1 + max(map(len, re.findall(f"{sign}+", value)), default=0))
            inside = f"{value}\n" if value else ""
            written = f"{fence}{language}\n{inside}{fence}"
        case "horizontalRule":
            written = "***"
        case "image":
            alt, title = attrs.get("alt") or "", attrs.get("title") or ""
            written = spans.picture(alt, attrs.get("src") or "", title)
        case "table":
            written = _table(content)
        case "blockquote":
            written = _indented(_written(content), "> ", "> ")
        case _:
            written = spans.written(content) if content and tiptap.is_inline(content[0]) else ""
            written = written or (_written(content) if not tiptap.is_inline(item) else "")
    return written


def _list(item: Node, *, other: bool) -> str:
    content: list[Node] = item.get("content", [])
    if item["type"] == "orderedList":
        first = int((item.get("attrs") or {}).get("start", 1))
        signs = [f"{first + at}{')' if other else '.'} " for at in range(len(content))]
    else:
        signs = ["+ " if other else "- "] * len(content)
    return "\n".join(_item(sign, child) for sign, child in zip(signs, content, strict=True))


def _item(sign: str, item: Node) -> str:
    return _indented(_written(item.get("content", [])), sign, " " * len(sign))


def _indented(value: str, first: str, rest: str) -> str:
    lines = value.split("\n")
    # Only an empty line loses its spaces: in code, trailing ones are content.
    return "\n".join(
        (rest if at else first) + line if line else (rest if at else first).rstrip()
        for at, line in enumerate(lines)
    )


def _table(rows: list[Node]) -> str:
    lines: list[str] = []
    for row in rows:
        cells = [_inside(cell.get("content", [])) for cell in row.get("content", [])]
        lines.append(f"| {' | '.join(cells)} |")
        if len(lines) == 1:
            lines.append("|" + " --- |" * len(cells))
    return "\n".join(lines)


def _inside(blocks: list[Node]) -> str:
    """Write a cell's blocks on one line."""
    parts = [
        spans.written(block.get("content", []), line=True)
        if block["type"] == "paragraph"
        else _write(block).replace("\\\n", " ").replace("\n", " ")
        for block in blocks
    ]
    return " ".join(part for part in parts if part).replace("|", "\\|")
