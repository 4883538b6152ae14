import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.formats.subtitles import Word, cues_from

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
            seen = [c for c in line if unicodedata.category(c) not in {"Mn", "Cf"}]
            assert (len(seen) - wide(line)) / 42 + wide(line) / 16 <= 1.000001
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


def test_a_cue_starts_with_its_first_word_where_words_have_times() -> None:
    text = "First we open the settings of the project. Then we wait until the window has appeared."
    spoken = [(0.2 + n * 0.3 + 4 * (n > 7), word) for n, word in enumerate(text.split())]
    words = [Word(at, at + 0.2, word.strip(".")) for at, word in spoken]
    cues = cues_from([(0, 10, text)], words)
    assert [cue.text.split()[0] for cue in cues] == ["First", "Then"]
    assert cues[1].start == pytest.approx(6.6)
    assert cues[0].end < 4  # it does not stay through the silence
    proportional = cues_from([(0, 10, text)])
    assert cues_from([(0, 10, text)], words[:-1]) == proportional  # not this span's words


def test_spans_too_short_for_a_cue_join() -> None:
    cues = cues_from([(0, 0.3, "Yes."), (0.4, 0.7, "No."), (0.8, 3, "Both.")])
    assert [cue.text for cue in cues] == ["Yes. No. Both."]
    (cue,) = cues_from([(0, 0.3, "はい。"), (0.4, 0.7, "いいえ。")])
    assert cue.text == "はい。いいえ。"


def test_japanese_breaks_between_phrases() -> None:
    (cue,) = cues_from([(0, 6, "次に設定ファイルを開いて名前を変更してください")])
    assert cue.text.split("\n")[0] in {"次に設定ファイルを", "次に設定ファイルを開いて"}


@pytest.mark.parametrize("times", [(2, 1), (-1, 1), (0, float("nan"))])
def test_impossible_spans_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a span"):
        cues_from([(*times, "x")])
