"""Markdown to and from Tiptap documents (`shared.formats.tiptap` gives their shape)."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.tasklists import tasklists_plugin

from shared.formats import spans, tiptap
from shared.formats.tiptap import Mark, Node, node

# Without "html", tags are text like any other.
_PARSER = (
    MarkdownIt("commonmark", {"html": False})
    .enable(["table", "strikethrough"])
    .use(tasklists_plugin)
)
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_BLOCKS = {"blockquote": "blockquote", "list_item": "listItem"}
_HASHES = re.compile(r"(?<![^ \t])#+$")
LISTS = frozenset({"bulletList", "orderedList", "taskList"})
_LANGUAGE = re.compile(r"[\w.+#/-]+(?=\s|$)")
_RULE = re.compile(r"(?:- *){3,}$", re.MULTILINE)  # lists within lists, or a rule
_TASK = re.compile(r"\[(?=[ xX]\]\s)")  # at an item's start
_ALIGNED = re.compile(r"text-align:(left|center|right)")
_RULES = {"left": ":--", "center": ":-:", "right": "--:"}


def from_markdown(text: str) -> Node:
    """Return the Tiptap document for CommonMark with tables, strikethrough and task lists.

    Raw HTML becomes text; images become blocks of their own; a link to anything but http,
    https, mailto, a #fragment or a relative address keeps only its text. Of a list that mixes
    tasks with other items, each run of one kind becomes a list. Never fails.
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
        language = _LANGUAGE.match(item.info.strip()) if kind == "fence" else None
        name = language[0] if language else None
        return [node("codeBlock", [tiptap.text(value, [])] if value else [], language=name)]
    if kind == "hr":
        return [node("horizontalRule")]
    if kind in {"bullet_list", "ordered_list"}:
        return _lists(item)
    if kind == "table":
        rows = [row for part in item.children for row in part.children]
        return [node("table", [node("tableRow", [_cell(c) for c in row.children]) for row in rows])]
    content = _blocks(item.children)
    if kind == "list_item" and content[0]["type"] != "paragraph":
        content.insert(0, node("paragraph"))  # Tiptap's list items start with one
    return [node(_BLOCKS[kind], content)]


def _lists(item: SyntaxTreeNode) -> list[Node]:
    if item.type == "ordered_list":
        return [node("orderedList", _blocks(item.children), start=int(item.attrs.get("start", 1)))]
    return [
        node("taskList", [_checked(one) for one in run])
        if task
        else node("bulletList", _blocks(list(run)))
        for task, run in groupby(item.children, key=_task)
    ]


def _task(item: SyntaxTreeNode) -> bool:
    return "task-list-item" in str(item.attrs.get("class", ""))


def _checked(item: SyntaxTreeNode) -> Node:
    box = item.children[0].children[0].children[0]
    return _block(item)[0] | {"type": "taskItem", "attrs": {"checked": _box(box) == "[x]"}}


def _cell(item: SyntaxTreeNode) -> Node:
    inline = _inline(item.children, [])
    kind = "tableHeader" if item.type == "th" else "tableCell"
    aligned = _ALIGNED.search(str(item.attrs.get("style", "")))
    attrs = {"align": aligned[1]} if aligned else {}
    return node(kind, _split(inline, "paragraph", {}) or [node("paragraph")], **attrs)


def _split(inline: list[Node], kind: str, attrs: dict[str, Any]) -> list[Node]:
    """Return blocks for inline content, each image standing between them."""
    found: list[Node] = []
    for block, group in groupby(inline, key=lambda n: n["type"] == "image"):
        items = list(group)
        if block:
            found += items
        elif tidy := spans.tidied(items, line=kind == "heading"):
            found.append(node(kind, tidy, **attrs))
    return found or ([node(kind, **attrs)] if kind == "heading" else [])


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
        elif kind == "html_inline":  # no HTML is read: it is the box of a task, or no task's
            found += [] if _boxed(item) else [tiptap.text(_box(item), marks)]
        else:
            address = str(item.attrs.get("href", ""))
            if kind == "link" and tiptap.safe_link(address):
                attrs = {"href": address} | ({"title": title} if (title := _titled(item)) else {})
                inner = [*marks, {"type": "link", "attrs": attrs}]
            elif kind in _MARKS and all(m["type"] != _MARKS[kind] for m in marks):
                inner = [*marks, {"type": _MARKS[kind]}]
            inner = sorted(inner, key=lambda mark: spans.ORDER.index(mark["type"]))
            found += _inline(item.children, inner)
    return found


def _boxed(item: SyntaxTreeNode) -> bool:
    """Say whether a box stands in a list that has boxes; a numbered one has none."""
    above = [item]
    while (parent := above[-1].parent) is not None:
        above.append(parent)
    return next(one for one in above if one.type.endswith("_list")).type == "bullet_list"


def _box(item: SyntaxTreeNode) -> str:
    return "[x]" if "checked=" in item.content else "[ ]"


def _image(item: SyntaxTreeNode, marks: list[Mark]) -> list[Node]:
    source = str(item.attrs.get("src", ""))
    alt = " ".join(tiptap.inline_text(_inline(item.children, [])).split())
    if tiptap.safe_image(source):
        return [node("image", src=source, alt=alt, title=_titled(item) or None)]
    return [tiptap.text(alt, marks)] if alt else []


def _titled(item: SyntaxTreeNode) -> str:
    return " ".join(str(item.attrs.get("title", "")).split())


def _written(items: list[Node]) -> str:
    parts: list[str] = []
    last, other = "", False
    for item in items:
        # Neighbouring lists of one kind would become one list if they had the same sign.
        other = not other if item["type"] == last else False
        part = _list(item, other=other) if item["type"] in LISTS else block(item)
        if part:
            parts.append(part)
            last = item["type"]
    return "\n\n".join(parts)


def block(item: Node) -> str:
    """Return one block that is no list as Markdown; an unknown one gives its content."""
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
            language = _LANGUAGE.match(attrs.get("language") or "")
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", value)), default=0))
            inside = f"{value}\n" if value else ""
            written = f"{fence}{language[0] if language else ''}\n{inside}{fence}"
        case "horizontalRule":
            written = "***"
        case "image":
            alt, title = attrs.get("alt") or "", attrs.get("title") or ""
            written = spans.picture(alt, attrs.get("src") or "", title)
        case "table":
            written = _table(content)
        case "blockquote":
            written = indented(_written(content), "> ", "> ")
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
        if not other and any(_RULE.match(_item("- ", child)) for child in content):
            signs = ["* "] * len(content)
    return "\n".join(_item(sign, child) for sign, child in zip(signs, content, strict=True))


def _item(sign: str, item: Node) -> str:
    value = boxed(item, _written(item.get("content", [])))
    return indented(value, sign, " " * len(sign))


def boxed(item: Node, value: str) -> str:
    """Return a list item's Markdown with its box, where it is a task."""
    if item["type"] == "taskItem":
        done = (item.get("attrs") or {}).get("checked")
        # A box needs something behind it to be one.
        return f"[{'x' if done else ' '}] {value if _begun(value) else f'&#32;{value}'}"
    return _TASK.sub(r"\\[", value, count=1) if _TASK.match(value) else value


def _begun(value: str) -> bool:
    return bool(value.split("\n", 1)[0].strip())


def indented(value: str, first: str, rest: str) -> str:
    """Return lines with what the first begins with, and all others."""
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
            rules = [_RULES.get(_alignment(cell), "---") for cell in row.get("content", [])]
            lines.append(f"| {' | '.join(rules)} |")
    return "\n".join(lines)


def _alignment(cell: Node) -> str:
    return str((cell.get("attrs") or {}).get("align") or "")


def _inside(blocks: list[Node]) -> str:
    """Write a cell's blocks on one line."""
    parts = [
        spans.written(one.get("content", []), line=True)
        if one["type"] == "paragraph"
        else block(one).replace("\\\n", " ").replace("\n", " ")
        for one in blocks
    ]
    return " ".join(part for part in parts if part).replace("|", "\\|")
