"""Timed speech to readable subtitle cues."""

import math
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from shared.formats.vtt import Cue

# Full-width punctuation is data here.
# ruff: noqa: RUF001

# A line holds 42 narrow or 16 wide characters; these weights make both come to one length.
_NARROW, _WIDE, _LINE = 8, 21, 336
_LINES = 2
# Milliseconds, so that a file's rounding cannot close a gap: 7 s, 5/6 s, 1/12 s rounded up.
_LONGEST, _SHORTEST, _GAP = 7000, 834, 84
# The least a cue gets where there is no room: later cues then start late, never overlapping.
_FLOOR = 200
_SPEED = 20 * _NARROW / 1000  # weight per millisecond
_CLOSING = frozenset("、。，．！？；：）」』】〉》…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_OPENING = frozenset("（「『【〈《")
_LEADS = frozenset(
    [
        "and",
        "but",
        "or",
        "so",
        "because",
        "that",
        "which",
        "who",
        "when",
        "while",
        "if",
        "then",
        "to",
        "of",
        "in",
        "on",
        "at",
    ]
)
_HANGS = _LEADS | frozenset(
    [
        "a",
        "an",
        "the",
        "for",
        "with",
        "from",
        "by",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
    ]
)

_Token = tuple[str, bool]  # the text, and whether a space stands before it


def cues_from(spans: Iterable[tuple[float, float, str]]) -> list[Cue]:
    """Return cues for spans of speech `(start, end, text)`, times in seconds.

    Each cue has at most 2 lines of 42 characters (16 where they are wide, as in Chinese,
    Japanese and Korean), lasts at most 7 s, and starts at least 1/12 s after the one before.
    Where there is room it lasts at least 5/6 s and is read at no more than 20 characters a
    second. Spans without text give no cue; overlapping spans give cues one after another.
    Raises ValueError for times that are not finite, are negative or run backwards.
    """
    ordered = sorted((_checked(*span) for span in spans), key=lambda span: span[:2])
    ordered = [span for span in ordered if span[2]]
    slots: list[tuple[int, int, str]] = []
    for index, (start, end, text) in enumerate(ordered):
        following = ordered[index + 1][0] if index + 1 < len(ordered) else None
        slots += _slots(start, end, text, following)
    return _placed(slots)


def wrapped(text: str) -> str:
    """Return a cue's text in lines that fit, broken at phrases; more than two where it is long."""
    tokens = _tokens(text)
    return "\n".join(_joined(line) for line in _cheapest(tokens, _LINE)) if tokens else ""


def _checked(start: float, end: float, text: str) -> tuple[int, int, str]:
    if not (math.isfinite(start) and math.isfinite(end)) or not 0 <= start <= end:
        msg = f"a span runs from {start} to {end} s; give finite times, 0 <= start <= end"
        raise ValueError(msg)
    return round(start * 1000), round(end * 1000), " ".join(text.split())


def _slots(start: int, end: int, text: str, following: int | None) -> list[tuple[int, int, str]]:
    """Divide one span among its cues; each slot includes the gap after it."""
    total = _weight(text)
    count = math.ceil((end - start) / (_LONGEST + _GAP))
    # Slow speech is cut shorter so the text keeps step, but not below half a line.
    budget = min(_LINES * _LINE, max(_LINE // 2, math.ceil(total / max(1, count) * 1.2)))
    cues = _wrapped(_tokens(text), budget)
    weights = [_weight(cue) for cue in cues]
    wanted = [max(_SHORTEST, math.ceil(weight / _SPEED)) + _GAP for weight in weights]
    # Hurried speech may use the silence after it.
    limit = start + sum(wanted) if following is None else min(start + sum(wanted), following)
    length = max(end, limit) - start
    shares = _shares(weights, length)
    edges = [start]
    for share in shares:
        edges.append(edges[-1] + share)
    return [(begin, stop, cue) for (begin, stop), cue in zip(pairwise(edges), cues, strict=True)]


def _shares(weights: list[int], length: int) -> list[int]:
    """Divide a length in proportion, giving each at least the shortest cue if all can have it."""
    least = _SHORTEST + _GAP
    if len(weights) * least > length:
        least = 0
    small: set[int] = set()
    while True:
        rest = length - least * len(small)
        total = sum(weight for index, weight in enumerate(weights) if index not in small)
        shares = [
            least if index in small else rest * weight // max(1, total)
            for index, weight in enumerate(weights)
        ]
        short = {index for index, share in enumerate(shares) if share < least}
        if not short:
            return shares
        small |= short


def _placed(slots: list[tuple[int, int, str]]) -> list[Cue]:
    """Give each cue its times: in step with its slot where it can be, never overlapping."""
    cues: list[Cue] = []
    free = 0
    for index, (begin, stop, text) in enumerate(slots):
        start = max(begin, free)
        wanted = max(stop - _GAP - start, _SHORTEST, math.ceil(_weight(text) / _SPEED))
        end = start + min(wanted, _LONGEST)
        if index + 1 < len(slots):
            end = min(end, max(slots[index + 1][0] - _GAP, start + _FLOOR))
        cues.append(Cue(start / 1000, end / 1000, text))
        free = end + _GAP
    return cues


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _weight(text: str) -> int:
    return sum(_WIDE if _is_wide(character) else _NARROW for character in text)


def _tokens(text: str) -> list[_Token]:
    """Return the pieces between which a line may break."""
    tokens: list[_Token] = []
    for word in text.split(" "):
        piece = ""
        spaced = bool(tokens)
        for character in word:
            breaks = piece and (_is_wide(character) or _is_wide(piece[-1]))
            bound = piece and (character in _CLOSING or piece[-1] in _OPENING)
            # A piece longer than half a line, the least budget, has to break somewhere.
            full = _weight(piece + character) > _LINE // 2
            if piece and ((breaks and not bound) or full):
                tokens.append((piece, spaced))
                piece, spaced = "", False
            piece += character
        tokens.append((piece, spaced))
    return tokens


def _joined(tokens: list[_Token]) -> str:
    return "".join(" " * spaced + text for text, spaced in tokens).strip(" ")


def _penalty(before: _Token, after: _Token) -> int:
    """Say how bad a break between two tokens is: 0 after a sentence, most within a phrase."""
    if before[0][-1] in ".!?。！？…":
        return 0
    if before[0][-1] in ",;:、，；：—":
        return 10
    if not after[1] and not (_is_wide(before[0][-1]) or _is_wide(after[0][0])):
        return 200  # inside a long word
    if before[0].lower() in _HANGS:
        return 60
    return 20 if after[0].lower() in _LEADS else 35


def _wrapped(tokens: list[_Token], budget: int) -> list[str]:
    """Return the cues' texts, lines separated by newlines, each at most `budget` in weight."""
    width = min(budget, _LINE)
    lines = _cheapest(tokens, width)
    return _paired([_joined(line) for line in lines], lines, budget)


def _cheapest(tokens: list[_Token], width: int) -> list[list[_Token]]:
    """Break tokens into lines with the least sum of line costs, penalties and raggedness."""
    sizes = [(_weight(text), _NARROW * spaced) for text, spaced in tokens]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for stop in range(1, len(tokens) + 1):
        final = stop == len(tokens)
        toll = 0 if final else _penalty(tokens[stop - 1], tokens[stop])
        choices: list[tuple[float, int]] = []
        used = 0
        for start in range(stop - 1, -1, -1):
            size, space = sizes[start]
            if used + size > width and choices:
                break
            ragged = 60 * (1 - (used + size) / width) ** 2
            choices.append((best[start][0] + 100 + toll + ragged, start))
            used += size + space
        best.append(min(choices))
    lines: list[list[_Token]] = []
    stop = len(tokens)
    while stop:
        start = best[stop][1]
        lines.append(tokens[start:stop])
        stop = start
    return lines[::-1]


def _paired(texts: list[str], lines: list[list[_Token]], budget: int) -> list[str]:
    """Put lines into cues of one or two, preferring few cues that end with a phrase."""
    best: list[tuple[int, int]] = [(0, 0)]
    for stop in range(1, len(texts) + 1):
        toll = 0 if stop == len(texts) else _penalty(lines[stop - 1][-1], lines[stop][0])
        choices = [(best[stop - 1][0] + 40 + toll, stop - 1)]
        if stop >= _LINES and _weight(texts[stop - 2]) + _weight(texts[stop - 1]) <= budget:
            choices.append((best[stop - 2][0] + 40 + toll, stop - 2))
        best.append(min(choices))
    cues: list[str] = []
    stop = len(texts)
    while stop:
        start = best[stop][1]
        cues.append("\n".join(texts[start:stop]))
        stop = start
    return cues[::-1]
