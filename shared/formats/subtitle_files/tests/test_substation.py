import pytest

from shared.formats.subtitle_files.substation import (
    read_packet,
    read_substation,
    substation_text,
)
from shared.formats.vtt import Cue

HEAD = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def test_dialogue_is_read_with_its_speaker() -> None:
    text = f"{HEAD}Dialogue: 0,0:00:01.50,0:00:04.00,Default,Anna,0,0,0,,Yes, and\\Nno\n"
    assert read_substation(text) == [Cue(1.5, 4, "Yes, and\nno", "Anna")]


def test_what_is_no_dialogue_is_passed_over() -> None:
    lines = [
        "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a remark",
        "Dialogue: 0,soon,0:00:02.00,Default,,0,0,0,,no time",
        "Dialogue: 0,0:00:01.00",
        "; Dialogue",
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,kept",
        "[Fonts]",
        "Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,not an event",
    ]
    assert read_substation(HEAD + "\r\n".join(lines)) == [Cue(5, 6, "kept")]


def test_the_order_of_fields_is_the_files_own() -> None:
    text = "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,a, b\n"
    assert read_substation(text) == [Cue(1, 2, "a, b")]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (r"Welcome to\hthe report", "Welcome to the report"),
        (r"One\Ntwo\nthree", "One\ntwo three"),
        (r"{\an7\p1}m 0 0 l 100 0 100 20{\p0}", ""),
        (r"a{\p2}m 0 0{\i1}l 1 1{\p0}b", "ab"),
        ("Open{note: check this} it", "Open it"),
        (r"{\k20}Press {\kf30}start", "Press start"),
        (r"{\pos(1,2)}Text", "Text"),
        (r"f(x) \{ x \}", "f(x) { x }"),
        ("never {closed", "never {closed"),
        (r"C:\temp", r"C:\temp"),
        (r"Path\\{\i1}x", r"Path\{\i1}x"),
    ],
)
def test_only_what_is_shown_is_text(raw: str, wanted: str) -> None:
    assert substation_text(raw) == wanted


def test_a_containers_packet_is_read() -> None:
    assert read_packet("3,0,Default,Anna,0,0,0,,Yes, no") == ("Yes, no", "Anna")
    assert read_packet("Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Yes") == ("Yes", "")
    assert read_packet(r"3,0,Default,,0,0,0,,{\p1}m 0 0") is None
    assert read_packet("garbage") is None
