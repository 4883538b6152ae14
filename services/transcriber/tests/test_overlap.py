from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.transcriber.domain.overlap import Heard, merged
from services.transcriber.domain.segments import Segment


def segment(start: float, end: float, spoken: str, visual: str = "") -> Segment:
    return Segment(start, end, spoken, visual, None)


def words(found: list[Segment]) -> list[str]:
    return " ".join(one.spoken for one in found).split()


def test_a_sentence_that_both_hear_differently_divided_is_said_once() -> None:
    first = [segment(90, 97, "We open the window."), segment(97, 101, "Then we press create. And")]
    second = [
        segment(94.5, 100.5, "window. Then we press create."),
        segment(100.5, 110, "And now we wait."),
    ]
    found = merged([Heard(0, 101, first), Heard(94, 200, second)])
    assert words(found) == [
        "We",
        "open",
        "the",
        "window.",
        "Then",
        "we",
        "press",
        "create.",
        "And",
        "now",
        "we",
        "wait.",
    ]


def test_segments_that_both_heard_alike_are_not_cut_in_two() -> None:
    def heard(*starts: int) -> list[Segment]:
        return [segment(n, n + 5, f"w{n} w{n + 1} w{n + 2} w{n + 3} w{n + 4}") for n in starts]

    found = merged([Heard(0, 100, heard(85, 90, 95)), Heard(90, 200, heard(90, 95, 100))])
    assert [one.spoken for one in found] == [one.spoken for one in heard(85, 90, 95, 100)]


def test_pauses_within_a_segment_do_not_hide_what_both_heard() -> None:
    # By their places in the text alone, the words of the first lie ten seconds before the second's.
    first = [segment(2, 24, "one two three four five six")]
    second = [segment(22.6, 25, "four five six seven.")]
    found = merged([Heard(0, 24, first), Heard(20, 26, second)])
    assert words(found) == ["one", "two", "three", "four", "five", "six", "seven."]


def test_one_word_at_the_border_is_not_said_twice() -> None:
    found = merged(
        [
            Heard(0, 103, [segment(99.8, 100.6, "Yes.")]),
            Heard(97, 200, [segment(100.4, 101, "Yes")]),
        ]
    )
    assert words(found) == ["Yes."]


def test_scripts_without_spaces_are_joined_by_character() -> None:
    first = [segment(90, 101, "窓を開けます。次に作成を押し")]
    second = [segment(94, 103, "ます。次に作成を押してください。")]
    found = merged([Heard(0, 101, first), Heard(94, 200, second)])
    assert "".join(one.spoken for one in found) == "窓を開けます。次に作成を押してください。"


def test_speech_that_only_one_of_them_heard_is_kept() -> None:
    first = [segment(80, 90, "Before."), segment(98, 100, "Only here.")]
    second = [segment(105, 110, "After.")]
    assert words(merged([Heard(0, 100, first), Heard(94, 200, second)])) == [
        "Before.",
        "Only",
        "here.",
        "After.",
    ]
    first = [segment(80, 90, "Before.")]
    second = [segment(94, 96, "Only here."), segment(105, 110, "After.")]
    assert words(merged([Heard(0, 100, first), Heard(94, 200, second)])) == [
        "Before.",
        "Only",
        "here.",
        "After.",
    ]


def test_a_common_word_by_chance_joins_nothing() -> None:
    first = [segment(90, 100, "and so on the cat sat there with its own")]
    second = [segment(98, 110, "kittens under the old apple tree all day")]
    found = merged([Heard(0, 100, first), Heard(97, 200, second)])
    assert "sat there with its own" in " ".join(words(found))
    assert "apple tree" in " ".join(words(found))


def test_windows_that_do_not_touch_stand_side_by_side() -> None:
    first, second = [segment(0, 5, "same words")], [segment(30, 35, "same words")]
    assert len(merged([Heard(30, 60, second), Heard(0, 20, first)])) == 2
    assert merged([]) == []


def test_what_is_only_shown_is_kept_once() -> None:
    first = [segment(90, 100, "", "Menu")]
    second = [segment(94, 100, "", "Menu"), segment(100, 110, "", "Dialog")]
    found = merged([Heard(0, 100, first), Heard(94, 200, second)])
    assert [one.visual for one in found if one.visual] in (
        ["Menu", "Dialog"],
        ["Menu", "Menu", "Dialog"],
    )


@st.composite
def speeches(draw: st.DrawFn) -> tuple[list[tuple[str, float]], list[Heard]]:
    """A speech as (word, second), and what windows hear of it, each divided in its own way."""
    pauses = draw(
        st.lists(st.sampled_from([0.3, 0.4, 0.5, 0.6, 1.0, 4.0]), min_size=5, max_size=120)
    )
    times = list(accumulate(pauses))
    spoken = [(f"w{n}", moment) for n, moment in enumerate(times)]
    length, overlap = draw(st.sampled_from([(10.0, 4.0), (15.0, 6.0), (30.0, 6.0)]))
    duration = times[-1] + 1
    heard = []
    start = 0.0
    while True:
        end = min(start + length + overlap, duration)
        inside = [one for one in spoken if start <= one[1] < end]
        heard.append(Heard(start, end, draw(divided(inside, end))))
        if end >= duration:
            return spoken, heard
        start = end - overlap


@st.composite
def divided(draw: st.DrawFn, spoken: list[tuple[str, float]], end: float) -> list[Segment]:
    drift = draw(st.floats(-0.8, 0.8))
    result = []
    rest = spoken
    while rest:
        size = draw(st.integers(1, 8))
        part, rest = rest[:size], rest[size:]
        until = rest[0][1] if rest else min(end, part[-1][1] + 0.4)
        text = " ".join(word for word, _ in part) + draw(st.sampled_from([".", "", " -"]))
        result.append(segment(part[0][1] + drift, until + drift, text))
    return result


@given(speeches())
def test_however_windows_divide_a_speech_each_word_is_said_once_and_in_order(
    case: tuple[list[tuple[str, float]], list[Heard]],
) -> None:
    spoken, heard = case
    found = merged(heard)
    said = [word.strip(".-") for word in words(found) if word.strip(".-")]
    assert said == [word for word, _ in spoken]
    for one, following in pairwise(found):
        assert one.start <= following.start
        assert one.end <= following.start + 1e-6


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_window_that_is_missing_leaves_a_gap_and_nothing_else(lost: int) -> None:
    heard = [
        Heard(
            n * 10,
            n * 10 + 13,
            [segment(n * 10 + k, n * 10 + k + 1, f"w{n * 10 + k}") for k in range(13)],
        )
        for n in range(3)
    ]
    said = words(merged([one for n, one in enumerate(heard) if n != lost]))
    assert len(said) == len(set(said))
    assert {
        f"w{k}" for n, one in enumerate(heard) if n != lost for k in range(n * 10, n * 10 + 13)
    } == set(said)
