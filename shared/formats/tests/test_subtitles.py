import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.formats.subtitles import cues_from

Span = tuple[float, float, str]
TEXTS = st.one_of(
    st.text("abc ,.x", max_size=300), st.text("字幕、。「」語", max_size=120), st.text(max_size=80)
)
SPANS = st.lists(
    st.builds(
        lambda at, length, text: (at, at + length, text),
        st.floats(0, 300),
        st.floats(0, 40),
        TEXTS,
    ),
    max_size=6,
)


def wide(text: str) -> int:
    return sum(unicodedata.east_asian_width(character) in "WF" for character in text)


@given(SPANS)
def test_every_cue_keeps_the_rules(spans: list[Span]) -> None:
    cues = cues_from(spans)
    for cue in cues:
        lines = cue.text.split("\n")
        assert 1 <= len(lines) <= 2
        for line in lines:
            assert line.strip()
            assert (len(line) - wide(line)) / 42 + wide(line) / 16 <= 1.000001
        assert 0 < cue.end - cue.start <= 7.000001
    for before, after in pairwise(cues):
        assert after.start - before.end >= 1 / 12
    said = "".join("".join(text.split()) for *_, text in sorted(spans, key=_order))
    assert "".join("".join(cue.text.split()) for cue in cues) == said


def _order(span: Span) -> tuple[int, int]:
    return round(span[0] * 1000), round(span[1] * 1000)


@given(st.lists(st.text("abcdefg", min_size=1, max_size=9), min_size=1, max_size=60))
def test_with_room_cues_can_be_read(words: list[str]) -> None:
    for cue in cues_from([(0, 0.1, " ".join(words))]):
        assert cue.end - cue.start >= 5 / 6
        assert len(cue.text) / (cue.end - cue.start) <= 22


def test_lines_break_at_phrases() -> None:
    text = "When the build has finished, open the report and look at it."
    (cue,) = cues_from([(0, 5, text)])
    assert cue.text.split("\n")[1].startswith(("open", "the report", "and look"))


def test_time_is_divided_by_characters() -> None:
    sentence = "This sentence has just forty characters."
    cues = cues_from([(0, 12, f"{sentence} {sentence} {sentence} {sentence}")])
    assert len(cues) == 2
    assert cues[1].start == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("times", [(2, 1), (-1, 1), (0, float("nan"))])
def test_impossible_spans_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a span"):
        cues_from([(*times, "x")])
