"""Inline Tiptap nodes as Markdown, escaping only what would otherwise be read as a sign."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from shared.formats import tiptap
from shared.formats.tiptap import Mark, Node, safe_link

# Marks in the order that documents have them.
ORDER = ["link", "bold", "italic", "strike", "code"]
_ALWAYS = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"
    r"|<(?=[A-Za-z/!?]|[^\s<>]*@)"
    r"|&(?=(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
)
# What starts another block at a line's start, up to the character to escape.
_START = re.compile(
    r"^(?:[0-9]{1,9}(?=[.)](?:[ \t]|$))"
    r"|(?=(?:\#{1,6}|[-+*])(?:[ \t]|$)|>|~~~|```|([-_*])[ \t]*(?:\1[ \t]*){2,}$)"
    r"|(?<=\n)(?=(?:=+|[-:|][-:|\ \t]*)[ \t]*$))(?P<sign>.)",
    re.MULTILINE,
)
_RUNS = re.compile(r"\*+|_+|~+|`+")
_TICKS = re.compile(r"`+")
_EDGES = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>\\`]")
_BREAK = "\\\n"
# Not every reader knows a backslash before these, and would take a text for HTML.
_ENTITIES = {"<": "&lt;", "&": "&amp;"}


class _Part(NamedTuple):
    value: str
    marks: list[Mark]
    blank: bool = False


def _is_blank(part: _Part) -> bool:
    return part.blank


class _Piece(NamedTuple):
    """A piece of a block: t(ext), l(abel: text in a link), o(pening), c(losing) or s(ign)."""

    value: str
    kind: str


def written(items: list[Node], *, line: bool = False) -> str:
    """Return inline nodes as Markdown; with `line`, as what follows on a line already begun."""
    return _escaped(_guarded(_signed(_parts(items), " " if line else _BREAK)), line=line)


def picture(alt: str, address: str, title: str) -> str:
    """Return an image as Markdown."""
    ends = _Piece("![", "s"), _Piece(f"]({_target(address, title)})", "s")
    return _escaped([ends[0], _Piece(_flat(alt), "l"), ends[1]], line=True)


def tidied(items: list[Node], *, line: bool = False) -> list[Node]:
    """Return inline nodes as Markdown can say them; none where nothing is to be seen.

    Equal neighbours are one, no space stands at the edges, a mark neither begins nor ends with
    a space, and a newline within a text is a space. With `line`, a hard break is one too.
    """
    space: Node = {"type": "text", "text": " "}
    flat = [space if line and item["type"] == "hardBreak" else item for item in items]
    return _joined(
        [
            {"type": "hardBreak"}
            if part.blank and part.value == "\n"
            else tiptap.text(part.value, part.marks)
            for part in _parts(flat)
        ]
    )


def _flat(value: str) -> str:
    return re.sub(r"\r\n?|\n", " ", value)


def _parts(items: list[Node]) -> list[_Part]:
    """Split text from the space at its edges, which no mark may begin or end with."""
    found: list[_Part] = []
    for item in _joined(items):
        marks = _marks(item)
        if item["type"] == "hardBreak":
            found.append(_Part("\n", [], blank=True))
        elif marks and marks[-1]["type"] == "code":
            found.append(_Part(_flat(item.get("text", "")), marks))
        elif match := _EDGES.fullmatch(_flat(item.get("text", ""))):
            edges = enumerate(match.groups())
            found += [_Part(value, marks, at != 1) for at, value in edges]
    found = [part for part in found if part.value]
    solid = [at for at, part in enumerate(found) if not part.blank]
    if not solid:
        return []
    found = found[solid[0] : solid[-1] + 1]
    made: list[_Part] = []
    for at, part in enumerate(found):
        if not part.blank:
            made.append(part)
            continue
        around = [*takewhile(_is_blank, found[at:]), *takewhile(_is_blank, found[at::-1])]
        if part.value != "\n" and any(one.value == "\n" for one in around):
            continue
        before = next(p.marks for p in reversed(found[:at]) if not p.blank)
        after = next(p.marks for p in found[at:] if not p.blank)
        own = before if part.value == "\n" else part.marks
        shared = [m for m in own if m in before and m in after and m["type"] != "code"]
        made.append(part._replace(marks=shared))
    return made


def _joined(items: list[Node]) -> list[Node]:
    """Join neighbours with the same marks: two pieces of code, say, would run into each other."""
    made: list[Node] = []
    for item in items:
        last = made[-1] if made else None
        texts = last is not None and last["type"] == item["type"] == "text"
        if last is not None and texts and _marks(last) == _marks(item):
            made[-1] = {**last, "text": last.get("text", "") + item.get("text", "")}
        else:
            made.append(item)
    return made


def _marks(item: Node) -> list[Mark]:
    found = {mark["type"]: mark for mark in item.get("marks", []) if mark["type"] in ORDER}
    if "link" in found and not safe_link(_href(found["link"])):
        del found["link"]
    return sorted(found.values(), key=lambda mark: ORDER.index(mark["type"]))


def _href(mark: Mark) -> str:
    return str((mark.get("attrs") or {}).get("href") or "")


def _signed(parts: list[_Part], line_break: str) -> list[_Piece]:
    """Put signs where marks change, those outermost that last longest."""
    out: list[_Piece] = []
    opened: list[tuple[Mark, str]] = []
    for at, (value, marks, blank) in enumerate([*parts, _Part("", [])]):
        kept = next((n for n, (mark, _) in enumerate(opened) if mark not in marks), len(opened))
        out += [_closing(mark, sign) for mark, sign in reversed(opened[kept:])]
        del opened[kept:]
        # Beside a sign of the same character, a sign would be read as a part of it.
        letter = "_" if out and out[-1].kind == "c" and out[-1].value.endswith("*") else "*"
        signs = {"link": "[", "bold": letter * 2, "italic": letter, "strike": "~~", "code": ""}
        fresh = [mark for mark in marks if all(mark != old for old, _ in opened)]
        for mark in sorted(fresh, key=lambda mark: -_lasting(mark, parts[at:])):
            sign = signs[mark["type"]]
            out.append(_Piece(sign, "s" if mark["type"] == "link" else "o"))
            opened.append((mark, sign))
        types = {mark["type"] for mark in marks}
        if blank and value == "\n":
            out.append(_Piece(line_break, "s"))
        elif "code" in types:
            out.append(_Piece(_code(value), "s"))
        else:
            out.append(_Piece(value, "l" if "link" in types else "t"))
    return [piece for piece in out if piece.value]


def _lasting(mark: Mark, parts: list[_Part]) -> int:
    if mark["type"] == "code":
        return 0
    return next((n for n, part in enumerate(parts) if mark not in part.marks), len(parts))


def _closing(mark: Mark, sign: str) -> _Piece:
    if mark["type"] == "link":
        title = str((mark.get("attrs") or {}).get("title") or "")
        return _Piece(f"]({_target(_href(mark), title)})", "s")
    return _Piece(sign, "c")


def _guarded(pieces: list[_Piece]) -> list[_Piece]:
    """Write letters as entities where beside them a sign would be none."""
    at = 0
    while at < len(pieces):
        value, kind = pieces[at]
        step = {"o": 1, "c": -1}.get(kind, 0)
        inner, outer = at + step, at - step
        while step and _same(pieces, inner, pieces[at]):
            inner += step
        while step and _same(pieces, outer, pieces[at]):
            outer -= step
        at += 1
        if not step or not 0 <= outer < len(pieces) or pieces[outer].kind not in "tl":
            continue
        inside = pieces[inner].value[0 if kind == "o" else -1]
        text = pieces[outer].value
        beside = text[-1 if kind == "o" else 0]
        apart = value[0] == "_" or _class(inside) == "sign"
        if apart and _class(beside) == "letter" and unicodedata.category(beside) != "Cc":
            entity = _Piece(f"&#{ord(beside)};", "s")
            rest = _Piece(text[:-1] if kind == "o" else text[1:], pieces[outer].kind)
            both = [rest, entity] if kind == "o" else [entity, rest]
            pieces[outer : outer + 1] = [piece for piece in both if piece.value]
            at = 0
    return pieces


def _same(pieces: list[_Piece], at: int, other: _Piece) -> bool:
    inside = 0 <= at < len(pieces)
    return inside and pieces[at].kind == other.kind and pieces[at].value[0] == other.value[0]


def _class(char: str) -> str:
    """Return what a character is beside a sign: "space" (an edge too), "sign" or "letter"."""
    category = unicodedata.category(char) if char else "Zs"
    if category == "Zs" or char in "\t\n\v\f\r":
        return "space"
    return "sign" if category[0] in "PS" else "letter"


def _escaped(pieces: list[_Piece], *, line: bool) -> str:
    raw = "".join(piece.value for piece in pieces)
    kinds = "".join(piece.kind * len(piece.value) for piece in pieces)
    hits = {match.start() for match in _ALWAYS.finditer(raw)} | set(_flanking(raw, kinds))
    if not line:
        begun = {match.start("sign") for match in _START.finditer(raw)}
        # Behind an escaped sign the rest of its run could end a mark.
        runs = [range(*match.span()) for match in _RUNS.finditer(raw) if match.start() in begun]
        hits |= begun.union(*runs)
        hits |= {0} if raw.startswith("[") and "]:" in raw else set()
    for at, char in enumerate(raw):
        after = raw[at + 1 : at + 2]
        if (
            (char in "[]" and kinds[at] == "l")
            or (char == "]" and after == "(" and "[" in raw[:at])
            or (char == "!" and after == "[" and kinds[at + 1] == "s")
        ):
            hits.add(at)
    return "".join(
        _sign(char) if at in hits and kinds[at] in "tl" else char for at, char in enumerate(raw)
    )


def _sign(char: str) -> str:
    return _ENTITIES.get(char, f"\\{char}")


def _flanking(raw: str, kinds: str) -> Iterator[int]:
    """Yield the places of signs that come in pairs, where they could open or close one."""
    runs: list[tuple[int, int, bool, bool]] = []
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for match in _RUNS.finditer(raw):
        start, end, char = match.start(), match.end(), match[0][0]
        if kinds[start] == "s" and char != "`":
            continue
        before, after = _class(raw[start - 1 : start]), _class(raw[end : end + 1])
        opens = after != "space" and (char != "_" or before != "letter")
        closes = before != "space" and (char != "_" or after != "letter")
        # A mark's own sign does its work also where an escaped one stands beside it.
        opens, closes = opens or "o" in kinds[start:end], closes or "c" in kinds[start:end]
        if char == "`":
            opens = closes = True
        runs.append((start, end, opens, closes))
        if opens:
            first.setdefault(char, start)
        if closes:
            last[char] = start
    for start, end, opens, closes in runs:
        char = raw[start]
        paired = (opens and last.get(char, -1) > start) or (
            closes and first.get(char, len(raw)) < start
        )
        if paired or set(kinds[start:end]) - set("tl"):
            yield from range(start, end)


def _target(address: str, title: str) -> str:
    quoted = re.sub(r'"', r'\\"', _ALWAYS.sub(lambda match: _sign(match[0]), _flat(title)))
    return _address(address) + (f' "{quoted}"' if title else "")


def _address(value: str) -> str:
    plain = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", value)
    plain = _ALWAYS.sub(lambda match: _sign(match[0]), plain)
    depth = 0
    for char in plain:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            break
    return f"<{plain}>" if depth or " " in plain else plain


def _code(value: str) -> str:
    ticks = "`" * (max(map(len, _TICKS.findall(value)), default=0) + 1)
    pad = " " if value.strip(" ") and (value[:1] in {"`", " "} or value[-1:] in {"`", " "}) else ""
    return f"{ticks}{pad}{value}{pad}{ticks}"
