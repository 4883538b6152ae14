import io

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from shared.formats.vtt import Cue, read, read_raw, write, write_chapters, write_srt

LINES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
CUES = st.lists(
    st.builds(
        lambda at, length, lines: Cue(at / 1000, (at + length) / 1000, "\n".join(lines)),
        st.integers(0, 400_000_000),
        st.integers(1, 9000),
        st.lists(LINES, min_size=1, max_size=2),
    ),
    max_size=5,
)


@given(CUES)
def test_what_is_written_is_read_back(cues: list[Cue]) -> None:
    assert read(write(cues)) == cues


@given(CUES)
def test_another_reader_finds_the_same_cues(cues: list[Cue]) -> None:
    found = webvtt.from_buffer(io.StringIO(write(cues))).captions if cues else []
    assert len(found) == len(cues)
    for theirs, ours in zip(found, cues, strict=True):
        assert theirs.start_in_seconds == int(ours.start)
        assert theirs.raw_text.count("\n") == ours.text.count("\n")


def test_arrows_markup_and_blank_lines_stay_out_of_the_text() -> None:
    written = write([Cue(0, 1.5, "a --> <b> & c\n\n \nd\u2028e")])
    assert written == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na --&gt; &lt;b&gt; &amp; c\nd\ne\n"


def test_files_of_others_are_read() -> None:
    text = (
        "\ufeffWEBVTT - title\r\nKind: captions\r\n\r\nNOTE\r\nhello\r\n\r\n"
        "STYLE\r\n::cue {}\r\n\r\n"
        "intro\r\n00:01.000 --> 00:02.000 align:start\r\n<v Ann>Tom &amp; <i>me</i>\r\n\r\n\r\n"
        "100:00:00.000 --> 100:00:01.000\r\nlate"
    )
    assert read(text) == [Cue(1, 2, "Tom & me"), Cue(360_000, 360_001, "late")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: .*WEBVTT"),
        ("WEBVTT\n\n1\n00:00 --> 00:01\nx", "line 4: .*write it as"),
        ("WEBVTT\n\nlost", "line 4: .*'lost'"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nx", "line 3: .*correct"),
    ],
)
def test_a_broken_file_is_named_by_line(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(text)


@pytest.mark.parametrize("times", [(1, 1), (-1, 2), (0, float("inf"))])
def test_impossible_times_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a cue"):
        write([Cue(*times, "x")])


def test_subrip() -> None:
    assert write_srt([Cue(0, 1, "a & b ---> c"), Cue(1, 2, " "), Cue(3661.5, 3662, "d")]) == (
        "1\n00:00:00,000 --> 00:00:01,000\na & b -> c\n\n2\n01:01:01,500 --> 01:01:02,000\nd\n"
    )


def test_lines_that_run_from_right_to_left_say_so() -> None:
    hebrew = Cue(0, 1, "שלום, עולם.\nGitHub")
    (found,) = read_raw(write([hebrew]))
    first, second = hebrew.text.split("\n")
    assert found.text == f"\u202b{first}\u202c\n\u202b{second}\u202c"
    assert read(write([hebrew])) == [hebrew]
    assert "\u202bGitHub\u202c\n" in write_srt([hebrew])
    assert read_raw(write([Cue(0, 1, "Say שלום to them.")]))[0].text == "Say שלום to them."


def test_chapters_are_in_order_and_do_not_overlap() -> None:
    written = write_chapters(
        [Cue(9.5, 20, "Last\none"), Cue(0, 12, "First & best"), Cue(0, 0, "x")]
    )
    assert written == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:09.500\nFirst &amp; best\n\n"
        "00:00:09.500 --> 00:00:20.000\nLast one\n"
    )


def test_a_video_without_chapters_has_an_empty_track() -> None:
    assert write_chapters([]).strip() == "WEBVTT"
