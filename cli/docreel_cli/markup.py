"""Renders a Tiptap document as HTML in which every sentence knows its second of the video.

Text is escaped, links are http, https, mailto or relative; a node that is not known gives its
content.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from markupsafe import Markup, escape

Json = dict[str, Any]

_SENTENCE = re.compile(r"(?<=[.!?…。！？؟])\s+|(?<=[。！？])(?=\S)")  # noqa: RUF001 - full-width
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0]")
_TAGS = {
    "blockquote": "blockquote",
    "bulletList": "ul",
    "listItem": "li",
    "tableCell": "td",
    "tableHeader": "th",
    "tableRow": "tr",
}
_MARKS = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "underline": "u"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said from `second` on, as `length` characters."""

    second: float
    length: int


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders documents; `segments` are the video's by id, `picture` gives an image's attributes.

    A picture that cannot be had has none, and its alternative text stands there.
    """

    segments: Mapping[str, Spoken]
    picture: Callable[[str], Markup | None]

    def html(self, doc: Json) -> Markup:
        """Return a document's blocks."""
        return self._all(doc.get("content") or [])

    def _all(self, nodes: Sequence[Json]) -> Markup:
        return Markup("").join(self._node(node) for node in nodes)

    def _node(self, node: Json) -> Markup:
        kind, attrs = node.get("type"), node.get("attrs") or {}
        if kind in {"text", "hardBreak"}:
            return _inline(node)
        if kind == "image":
            return self._image(attrs)
        if kind == "horizontalRule":
            return Markup("<hr>")
        content = node.get("content") or []
        if kind == "paragraph":
            return self._element("p", attrs, self._sentences(content, attrs))
        return self._container(str(kind), attrs, self._all(content))

    def _container(  # noqa: PLR0911 - one a kind
        self, kind: str, attrs: Json, inner: Markup
    ) -> Markup:
        match kind:
            case "heading":
                # The page's own headings stand above those of an article.
                level = min(6, int(attrs.get("level") or 1) + 1)
                return self._element(f"h{level}", attrs, inner)
            case "codeBlock":
                return self._element("pre", attrs, _tag("code", inner))
            case "orderedList":
                start = int(attrs.get("start") or 1)
                return _tag("ol", inner, start=start if start != 1 else None)
            case "taskList":
                return _tag("ul", inner, class_="tasks")
            case "taskItem":
                checked = Markup(" checked") if attrs.get("checked") else ""
                box = Markup('<input type="checkbox" disabled{}>').format(checked)
                return _tag("li", box + _tag("div", inner))
            case "tableCell" | "tableHeader":
                align = attrs.get("align")
                side = align if align in {"left", "center", "right"} else None
                return _tag(_TAGS[kind], inner, class_=side)
            case "table":
                return _tag("div", _tag("table", inner), class_="wide")
        return _tag(_TAGS[kind], inner) if kind in _TAGS else inner

    def _element(self, name: str, attrs: Json, inner: Markup) -> Markup:
        flag = Markup("")
        if attrs.get("unsupported"):
            flag = _tag("mark", Markup("check"), title="Nothing in the video supports this.")
        return _tag(name, inner + flag, data_second=_second(attrs.get("second")))

    def _image(self, attrs: Json) -> Markup:
        alt = str(attrs.get("alt") or "")
        shown = self.picture(str(attrs.get("src") or ""))
        if shown is None:
            return _tag("p", _tag("em", escape(alt))) if alt else Markup("")
        image = Markup('<img {} alt="{}" loading="lazy">').format(shown, alt)
        caption = _tag("figcaption", escape(alt)) if alt else Markup("")
        return _tag("figure", image + caption, data_second=_second(attrs.get("second")))

    def _sentences(self, content: Sequence[Json], attrs: Json) -> Markup:
        """Return a paragraph's content, each sentence with the second at which it is said."""
        length = sum(len(str(node.get("text") or " ")) for node in content)
        text = "".join(str(node.get("text") or " ") for node in content)
        edges = [0, *(match.end() for match in _SENTENCE.finditer(text)), length]
        cited = [
            self.segments[one] for one in attrs.get("segmentIds") or () if one in self.segments
        ]
        if not cited or len(edges) <= 2:  # noqa: PLR2004 - one sentence has two edges
            return self._all(content)
        cited.sort(key=lambda one: one.second)
        said = list(accumulate(max(1, one.length) for one in cited))
        made = Markup("")
        for start, end in pairwise(edges):
            # What is written about half-way was said about half-way.
            middle = (start + end) / 2 / length * said[-1]
            second = cited[min(bisect_right(said, middle), len(cited) - 1)].second
            inner = self._all(list(_cut(content, start, end)))
            made += _tag("span", inner, data_second=_second(second))
        return made


def _cut(content: Sequence[Json], start: int, end: int) -> Iterator[Json]:
    """Yield the inline nodes from one character of their text to another."""
    at = 0
    for node in content:
        text = str(node.get("text") or " ")
        part = text[max(0, start - at) : max(0, end - at)]
        at += len(text)
        if part:
            yield {**node, "text": part} if "text" in node else node


def _inline(node: Json) -> Markup:
    if node["type"] == "hardBreak":
        return Markup("<br>")
    made: Markup = escape(str(node.get("text") or ""))
    for mark in reversed(node.get("marks") or []):
        if (name := _MARKS.get(mark.get("type"))) is not None:
            made = _tag(name, made)
        elif mark.get("type") == "link":
            address = str((mark.get("attrs") or {}).get("href") or "")
            made = _tag("a", made, href=address, rel="noopener") if _is_safe(address) else made
    return made


def _is_safe(address: str) -> bool:
    # Browsers skip these characters when they look for the scheme.
    scheme = _SCHEME.match(_IGNORED.sub("", address))
    return scheme is None or scheme[1].lower() in {"http", "https", "mailto"}


def _second(value: object) -> str | None:
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, int | float) else None


def _tag(name: str, inner: Markup, **attrs: object) -> Markup:
    told = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attrs.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), told, inner)  # noqa: S704 - our own names
