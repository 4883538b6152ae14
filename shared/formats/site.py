"""A Tiptap document as Markdown that CommonMark and Python-Markdown, as in MkDocs, read alike.

Python-Markdown knows no fence below the first level, no backslash before a line's end, and takes
for an item's own only what stands four columns in; neighbouring lists run into one.
"""

from shared.formats import tiptap
from shared.formats.markdown import LISTS, block, boxed, indented
from shared.formats.tiptap import Node, node


def to_site(doc: Node, *, title: str) -> str:
    """Return a document below its title as Markdown ending in a newline.

    Code within a list or a quote loses its language. Raises KeyError for a node without a type.
    """
    heading = [node("heading", [tiptap.text(title, [])], level=1)] if title.strip() else []
    return _written([*heading, *doc.get("content", [])]).strip("\n") + "\n"


def _written(items: list[Node], *, nested: bool = False) -> str:
    parts: list[str] = []
    last = ""
    for item in items:
        kind, content = item["type"], item.get("content", [])
        # Below a list, indented code would be its last item's.
        if last in LISTS and (kind in LISTS or (kind == "codeBlock" and nested)):
            parts.append("<!-- -->")
        if kind in LISTS:
            part = "\n\n".join(_item(item, at) for at in range(len(content)))
        elif kind == "blockquote":
            part = indented(_written(content, nested=True), "> ", "> ")
        elif kind == "codeBlock" and nested:
            part = indented(tiptap.inline_text(content), " " * 4, " " * 4)
        else:
            part = block(item)
            part = part.replace("\\\n", "  \n") if kind == "paragraph" else part
        if part:
            parts.append(part)
            last = kind
    return "\n\n".join(parts)


def _item(item: Node, at: int) -> str:
    child = item["content"][at]
    first = int((item.get("attrs") or {}).get("start", 1))
    sign = f"{first + at}." if item["type"] == "orderedList" else "-"
    value = _written(child.get("content", []), nested=True)
    return indented(boxed(child, value), f"{sign:<3} ", " " * max(4, len(sign) + 1))
