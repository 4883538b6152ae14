"""Windows that overlap become one transcript, with nothing said twice and nothing lost.

Two windows hear the seconds that they have in common differently: sentences are divided elsewhere,
and times differ. So they are joined by their words. The longest run of words that both have is
looked for; the text goes on in the second window after a word of that run, if there is one after
which a segment ends in both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher

from services.transcriber.domain.placing import apart
from services.transcriber.domain.segments import Segment

_DRIFT = 6.0  # seconds by which the times of two windows may differ
_RUN = 3  # words in a row that both have, and not by chance
_ENOUGH = 0.5  # of the words that both should have
# Scripts without spaces are compared by character, all others by word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]|[^\W_]+(?:['\u2019][^\W_]+)*")

_CLOSING = re.compile(r"[^\w\s]*")


@dataclass(frozen=True, slots=True)
class Heard:
    """The segments of one window from `start` to `end` (seconds), in order."""

    start: float
    end: float
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    segment: int
    begins: int  # in the segment's text
    ends: int
    moment: float  # seconds, by the word's place in its segment
    earliest: float  # seconds: with pauses between them, words lie anywhere in their segment
    latest: float


def merged(windows: Sequence[Heard]) -> list[Segment]:
    """Return one transcript of windows; those that touch or overlap are neighbours in time."""
    ordered = sorted(windows, key=lambda one: (one.start, one.end))
    if not ordered:
        return []
    first, *rest = ordered
    segments, reached = list(first.segments), first.end
    for window in rest:
        if window.start < reached:
            segments = _joined(segments, list(window.segments), window.start, reached)
        else:
            segments += window.segments
        reached = max(reached, window.end)
    return apart(segments)


def _joined(left: list[Segment], right: list[Segment], begins: float, ends: float) -> list[Segment]:
    """Join what is heard up to `ends` with what is heard from `begins` on."""
    before = _words(left, begins - _DRIFT, float("inf"))
    after = _words(right, float("-inf"), ends + _DRIFT)
    splice = _splice(before, after, begins, ends)
    if splice is None:
        return _by_time(left, right, begins, ends)
    kept = _up_to(left, before[splice[0]])
    going_on = _after(right, after, splice[1])
    return [*kept, *(replace(one, start=max(one.start, kept[-1].start)) for one in going_on)]


def _splice(
    before: Sequence[_Word], after: Sequence[_Word], begins: float, ends: float
) -> tuple[int, int] | None:
    """Return one word's places in the left and in the right: the text goes on after it.

    None where the two have too little in common to be sure that it is the same speech.
    """
    if not before or not after:
        return None
    matcher = SequenceMatcher(
        None, [one.text for one in before], [one.text for one in after], autojunk=False
    )
    blocks = [
        block
        for block in matcher.get_matching_blocks()
        if block.size and _same_speech(before, after, block)
    ]
    expected = min(
        sum(one.moment >= begins for one in before), sum(one.moment <= ends for one in after)
    )
    if not blocks or sum(block.size for block in blocks) < max(1, _ENOUGH * expected):
        return None
    longest = max(blocks, key=lambda block: block.size)
    places = ((longest.a + n, longest.b + n) for n in range(longest.size))
    middle = longest.a + longest.size // 2
    return min(
        places,
        key=lambda place: (
            -_ends_segment(before, place[0]) - _ends_segment(after, place[1]),
            abs(place[0] - middle),
        ),
    )


def _same_speech(before: Sequence[_Word], after: Sequence[_Word], block: Match) -> bool:
    """Say whether words that both have can be the same ones, by when they were spoken.

    Pauses within a segment mislead about its words' moments. A run that no accident explains may
    lie anywhere in its segments: a long one, or one that ends the left and begins the right.
    """
    one, other = before[block.a], after[block.b]
    if abs(one.moment - other.moment) <= _DRIFT:
        return True
    border = block.a + block.size == len(before) and block.b == 0
    between = max(one.earliest - other.latest, other.earliest - one.latest)
    return (border or block.size >= _RUN) and between <= _DRIFT


def _ends_segment(words: Sequence[_Word], place: int) -> bool:
    return place + 1 == len(words) or words[place + 1].segment != words[place].segment


def _up_to(segments: Sequence[Segment], last: _Word) -> list[Segment]:
    """Return the segments up to a word, its punctuation included."""
    one = segments[last.segment]
    text = one.spoken
    following = _WORD.search(text, last.ends)
    closing = _CLOSING.match(text, last.ends)
    cut = len(text) if following is None or closing is None else closing.end()
    if cut == len(text):
        return list(segments[: last.segment + 1])
    end = _moment(one, cut)
    return [*segments[: last.segment], replace(one, spoken=text[:cut].strip(), end=end)]


def _after(segments: Sequence[Segment], words: Sequence[_Word], place: int) -> list[Segment]:
    """Return the segments after a word."""
    inside = words[place].segment
    following = words[place + 1] if place + 1 < len(words) else None
    rest = list(segments[inside + 1 :])
    if following is None or following.segment != inside:
        return rest
    one = segments[inside]
    begins = following.begins
    half = replace(one, spoken=one.spoken[begins:].strip(), start=_moment(one, begins))
    return [half, *rest]


def _by_time(
    left: Sequence[Segment], right: Sequence[Segment], begins: float, ends: float
) -> list[Segment]:
    """Join two windows that have no words in common: at the middle, and nothing is left out.

    What one of them did not hear at all, the other one gives.
    """
    middle = (begins + ends) / 2
    kept = [one for one in left if _centre(one) < middle]
    kept += [one for one in right if _centre(one) >= middle]
    others = [one for one in left if _centre(one) >= middle]
    others += [one for one in right if _centre(one) < middle]
    told = list(kept)
    for one in others:
        rivals = [other for other in told if other.spoken] if one.spoken else told
        if not any(_same_time(one, other) for other in rivals):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _same_time(one: Segment, other: Segment) -> bool:
    return one.start < other.end and other.start < one.end


def _centre(one: Segment) -> float:
    return (one.start + one.end) / 2


def _moment(one: Segment, place: int) -> float:
    return one.start + (one.end - one.start) * place / max(1, len(one.spoken))


def _words(segments: Sequence[Segment], earliest: float, latest: float) -> list[_Word]:
    """Return the words of segments that reach into a time (seconds), with their places."""
    return [
        _Word(
            found[0].casefold(),
            n,
            found.start(),
            found.end(),
            _moment(one, found.start()),
            one.start,
            one.end,
        )
        for n, one in enumerate(segments)
        if one.end >= earliest and one.start <= latest
        for found in _WORD.finditer(one.spoken)
    ]
