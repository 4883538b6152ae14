"""Timed speech to readable subtitle cues."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from shared.formats import phrases
from shared.formats.phrases import LINE, NARROW, Token, weight
from shared.formats.vtt import Cue

LINES = 2
# Milliseconds, so that a file's rounding cannot close a gap: 7 s, 5/6 s, 1/12 s rounded up.
LONGEST, SHORTEST, GAP = 7000, 834, 84
SPEED = 20 * NARROW / 1000  # weight per millisecond
# The least a cue gets where there is no room: later cues then start late, never overlapping.
_FLOOR = 200
_LATE = 500  # milliseconds by which a cue may start after its words
_LINGER = 1000  # milliseconds that a cue stays at least after its last word, where there is room

Span = tuple[int, int, str]  # milliseconds


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; `start` and `end` in seconds."""

    start: float
    end: float
    text: str


def cues_from(spans: Iterable[tuple[float, float, str]], words: Iterable[Word] = ()) -> list[Cue]:
    """Return cues for spans of speech `(start, end, text)`, times in seconds.

    Each cue has at most 2 lines of 42 characters (16 where they are wide, as in Chinese,
    Japanese and Korean), lasts at most 7 s, and starts at least 1/12 s after the one before.
    Where there is room it lasts at least 5/6 s and is read at no more than 20 characters a
    second. Spans without text give no cue; one too short for a cue joins a neighbour; overlapping
    spans give cues one after another. Where a span needs several cues, each starts with its first
    word if the span's `words` are given, else in proportion to its characters.
    Raises ValueError for times that are not finite, are negative or run backwards.
    """
    ordered = sorted((_checked(*span) for span in spans), key=lambda span: span[:2])
    ordered = _merged([span for span in ordered if span[2]])
    heard = sorted(words, key=lambda word: word.start)
    slots: list[Span] = []
    for index, span in enumerate(ordered):
        following = ordered[index + 1][0] if index + 1 < len(ordered) else None
        slots += _slots(span, following, heard)
    return _placed(slots)


def wrapped(text: str) -> str:
    """Return a cue's text in lines that fit, broken at phrases; more than two where it is long."""
    parts = phrases.tokens(text)
    return "\n".join(phrases.joined(line) for line in _cheapest(parts, LINE)) if parts else ""


def _checked(start: float, end: float, text: str) -> tuple[int, int, str]:
    if not (math.isfinite(start) and math.isfinite(end)) or not 0 <= start <= end:
        msg = f"a span runs from {start} to {end} s; give finite times, 0 <= start <= end"
        raise ValueError(msg)
    return round(start * 1000), round(end * 1000), " ".join(text.split())


def _merged(ordered: list[Span]) -> list[Span]:
    """Join each span that leaves no room for a cue with the one before, else with the next."""
    made: list[Span] = []
    for at, (start, end, text) in enumerate(ordered):
        room = ordered[at + 1][0] - start if at + 1 < len(ordered) else LONGEST
        if made:
            first, last, before = made[-1]
            both = _together(before, text)
            late = start - first < SHORTEST + GAP
            fits = start - last < _LINGER and wrapped(both).count("\n") < LINES
            if late or (room < SHORTEST + GAP and fits):
                made[-1] = (first, max(last, end), both)
                continue
        made.append((start, end, text))
    return made


def _together(text: str, following: str) -> str:
    wide = phrases.is_wide(text[-1]) and phrases.is_wide(following[0])
    return f"{text}{following}" if wide else f"{text} {following}"


def _slots(span: Span, following: int | None, heard: Sequence[Word]) -> list[Span]:
    """Divide one span among its cues; each slot includes the gap after it."""
    start, end, text = span
    total = weight(text)
    count = math.ceil((end - start) / (LONGEST + GAP))
    # Slow speech is cut shorter so the text keeps step, but not below half a line.
    budget = min(LINES * LINE, max(LINE // 2, math.ceil(total / max(1, count) * 1.2)))
    cues = _wrapped(phrases.tokens(text), budget)
    weights = [weight(cue) for cue in cues]
    wanted = [max(SHORTEST, math.ceil(one / SPEED)) + GAP for one in weights]
    if (spoken := _spoken(span, cues, heard)) is not None:
        stops = [*(begin for begin, _ in spoken[1:]), following or end + sum(wanted)]
        return [
            (begin, min(stop, max(last + _LINGER, begin + need)), cue)
            for (begin, last), stop, need, cue in zip(spoken, stops, wanted, cues, strict=True)
        ]
    # Hurried speech may use the silence after it.
    limit = start + sum(wanted) if following is None else min(start + sum(wanted), following)
    edges = list(accumulate(_shares(weights, max(end, limit) - start), initial=start))
    return [(begin, stop, cue) for (begin, stop), cue in zip(pairwise(edges), cues, strict=True)]


def _spoken(span: Span, cues: Sequence[str], heard: Sequence[Word]) -> list[tuple[int, int]] | None:
    """Return when each cue's first word starts and its last one ends, in milliseconds.

    None where the words are not those of the span.
    """
    start, end, text = span
    inside = [one for one in heard if start <= round((one.start + one.end) * 500) <= end]
    lengths = list(accumulate(len(_letters(one.text)) for one in inside))
    if not lengths or lengths[-1] != len(_letters(text)):
        return None
    found: list[tuple[int, int]] = []
    done = 0
    for cue in cues:
        first = inside[min(bisect_right(lengths, done), len(inside) - 1)]
        done += len(_letters(cue))
        last = inside[bisect_right(lengths, max(0, done - 1))] if done else first
        found.append((round(first.start * 1000), round(last.end * 1000)))
    return found


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _shares(weights: list[int], length: int) -> list[int]:
    """Divide a length in proportion, giving each at least the shortest cue if all can have it."""
    least = SHORTEST + GAP
    if len(weights) * least > length:
        least = 0
    small: set[int] = set()
    while True:
        rest = length - least * len(small)
        total = sum(one for index, one in enumerate(weights) if index not in small)
        shares = [
            least if index in small else rest * one // max(1, total)
            for index, one in enumerate(weights)
        ]
        short = {index for index, share in enumerate(shares) if share < least}
        if not short:
            return shares
        small |= short


def _placed(slots: list[Span]) -> list[Cue]:
    """Give each cue its times: in step with its slot where it can be, never overlapping."""
    cues: list[Cue] = []
    free = 0
    for index, (begin, stop, text) in enumerate(slots):
        start = max(begin, free)
        needed = max(SHORTEST, math.ceil(weight(text) / SPEED))
        end = start + min(max(stop - GAP - start, needed), LONGEST)
        if index + 1 < len(slots):
            room = max(slots[index + 1][0] - GAP, start + _FLOOR)
            # What cannot be read in time may stay a moment longer: the next one is late then.
            end = min(end, max(room, min(start + needed, room + _LATE)))
        cues.append(Cue(start / 1000, end / 1000, text))
        free = end + GAP
    return cues


def _wrapped(tokens: list[Token], budget: int) -> list[str]:
    """Return the cues' texts, lines separated by newlines, each at most `budget` in weight."""
    width = min(budget, LINE)
    lines = _cheapest(tokens, width)
    ends = phrases.phrase_ends(tokens)
    stops = list(accumulate(len(line) for line in lines))
    tolls = [*(_toll(tokens, stop, ends) for stop in stops[:-1]), 0]
    return _paired([phrases.joined(line) for line in lines], tolls, budget)


def _toll(tokens: list[Token], stop: int, ends: frozenset[int]) -> int:
    return phrases.penalty(tokens[stop - 1], tokens[stop], phrase_end=stop in ends)


def _cheapest(tokens: list[Token], width: int) -> list[list[Token]]:
    """Break tokens into lines with the least sum of line costs, penalties and raggedness."""
    ends = phrases.phrase_ends(tokens)
    sizes = [(weight(text), NARROW * spaced) for text, spaced in tokens]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for stop in range(1, len(tokens) + 1):
        final = stop == len(tokens)
        toll = 0 if final else _toll(tokens, stop, ends)
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
    lines: list[list[Token]] = []
    stop = len(tokens)
    while stop:
        start = best[stop][1]
        lines.append(tokens[start:stop])
        stop = start
    return lines[::-1]


def _paired(texts: list[str], tolls: list[int], budget: int) -> list[str]:
    """Put lines into cues of one or two, preferring few cues that end with a phrase.

    `tolls` say how bad a break after each line is.
    """
    best: list[tuple[int, int]] = [(0, 0)]
    for stop in range(1, len(texts) + 1):
        toll = tolls[stop - 1]
        choices = [(best[stop - 1][0] + 40 + toll, stop - 1)]
        if stop >= LINES and weight(texts[stop - 2]) + weight(texts[stop - 1]) <= budget:
            choices.append((best[stop - 2][0] + 40 + toll, stop - 2))
        best.append(min(choices))
    cues: list[str] = []
    stop = len(texts)
    while stop:
        start = best[stop][1]
        cues.append("\n".join(texts[start:stop]))
        stop = start
    return cues[::-1]
