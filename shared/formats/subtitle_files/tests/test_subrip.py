import pytest

from shared.formats.subtitle_files.subrip import read_sbv, read_subrip, subrip_text
from shared.formats.vtt import Cue


def test_cues_are_read_with_their_lines() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,500\nOne\ntwo\n\n2\n00:00:03,000 --> 00:00:04,000\nThree\n"
    assert read_subrip(text) == [Cue(1, 2.5, "One\ntwo"), Cue(3, 4, "Three")]


@pytest.mark.parametrize(
    "line",
    [
        "00:00:01.5 --> 00:00:02.000",
        "0:0:1,500 --> 0:0:2",
        "00:01,500 -> 00:02,000",
        "00:00:01,500-->00:00:02,000  X1:40 X2:600 Y1:20 Y2:50",
        "00:00:01:500 -- > 00:00:02:000",
    ],
)
def test_times_are_taken_as_people_write_them(line: str) -> None:
    assert read_subrip(f"1\r\n{line}\r\nText\r\n") == [Cue(1.5, 2, "Text")]


def test_a_cue_that_is_no_cue_costs_itself() -> None:
    text = "1\nsoon --> later\nLost\n\n2\n00:00:03,000 --> 00:00:04,000\nKept\n"
    assert read_subrip(text) == [Cue(3, 4, "Kept")]


@pytest.mark.parametrize("between", ["\n\n2\n", "\n2\n", "\n\n", "\n\n\n7\n"])
def test_a_number_before_the_times_is_no_text(between: str) -> None:
    text = f"1\n00:00:01,000 --> 00:00:02,000\nOne{between}00:00:03,000 --> 00:00:04,000\nTwo"
    assert [cue.text for cue in read_subrip(text)] == ["One", "Two"]


def test_a_number_that_is_said_is_text() -> None:
    first = "1\n00:00:01,000 --> 00:00:02,000\nThe port is\n8080\n\n"
    text = f"{first}2\n00:00:03,000 --> 00:00:04,000\n42"
    assert [cue.text for cue in read_subrip(text)] == ["The port is\n8080", "42"]


def test_times_in_a_text_are_text() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nfrom 12:00:01.123 to 12:00:02.456\n"
    assert [cue.text for cue in read_subrip(text)] == ["from 12:00:01.123 to 12:00:02.456"]


@pytest.mark.parametrize(
    "code",
    [
        'Write {"name": "harbor"}',
        "Open C:\\new\\table\\Notes",
        "a < b && b > c, List<int>, &amp;",
        "return x \\n;",
        "{\\n} {y:1} <T> <bold>",
    ],
)
def test_code_is_text(code: str) -> None:
    assert subrip_text(code) == code


@pytest.mark.parametrize(
    "raw",
    [
        "<i>Hello</i>",
        '<font color="#ff0000" size=3>Hello</font>',
        "{\\an8}<B>Hello</B>",
        "{\\pos(10,20)\\fs12\\c&H00FF00&}Hello",
    ],
)
def test_markup_is_no_text(raw: str) -> None:
    assert subrip_text(raw) == "Hello"


def test_a_break_is_a_new_line() -> None:
    assert subrip_text("One<br/>two") == "One\ntwo"


def test_youtube_files_are_read() -> None:
    text = "0:00:01.000,0:00:02.500\nOne\n8080\n\n0:00:03.000,0:00:04.000\nTwo\n"
    assert read_sbv(text) == [Cue(1, 2.5, "One\n8080"), Cue(3, 4, "Two")]


def test_a_hostile_file_comes_to_its_end() -> None:
    times = "1\n00:00:01,000 --> 00:00:02,000\n"
    assert len(read_subrip(times + "\n" * 1_000_000 + "<i " * 300_000)) == 1
    assert subrip_text("{\\an8" * 300_000).startswith("{")
