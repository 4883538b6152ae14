import pytest

from shared.formats.subtitle_files import language_of, read_subtitle_file
from shared.formats.vtt import Cue

SRT = "1\n00:00:01,000 --> 00:00:02,000\nText\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nText\n"
ASS = "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,Text\n"
SBV = "0:00:01.000,0:00:02.000\nText\n"
TTML = (
    '<?xml version="1.0" encoding="UTF-8"?><tt xmlns="http://www.w3.org/ns/ttml"><body><div>'
    '<p begin="00:00:01.000" end="00:00:02.000">Text</p></div></body></tt>'
)


@pytest.mark.parametrize("content", [SRT, VTT, ASS, SBV, TTML])
@pytest.mark.parametrize("name", ["a.srt", "a.vtt", "a.ass", "a.txt"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_content_tells_the_format(content: str, name: str, encoding: str) -> None:
    assert read_subtitle_file(content.encode(encoding), name) == [Cue(1, 2, "Text")]


def test_code_in_ttml_is_text() -> None:
    content = TTML.replace("Text", r'C:\new {"a": 1}<br/>a &lt; b')
    assert read_subtitle_file(content.encode(), "a.ttml")[0].text == 'C:\\new {"a": 1}\na < b'


def test_captions_that_roll_are_said_once() -> None:
    lines = [
        "00:01.000 --> 00:02.000\none",
        "00:02.000 --> 00:03.000\none\ntwo<00:02.500><c> three</c>",
        "00:03.000 --> 00:04.000\ntwo three\nfour",
    ]
    found = read_subtitle_file(("WEBVTT\n\n" + "\n\n".join(lines)).encode(), "a.vtt")
    assert [cue.text for cue in found] == ["one", "two three", "four"]


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\0" * 1000, b"WEBVTTX\n\n00:01.000 -->", b"<tt"]
)
@pytest.mark.parametrize("name", ["a.srt", "a.vtt"])
def test_what_is_no_subtitle_file_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(ValueError, match=r"WEBVTT|give"):
        read_subtitle_file(content, name)


def test_a_broken_document_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"give it as \.srt"):
        read_subtitle_file(TTML.replace("</tt>", "").encode(), "a.ttml")


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("talk.en.srt", "en"),
        ("talk.pt-BR.vtt", "pt-BR"),
        ("talk.en.forced.srt", "en"),
        ("my.talk.zh_Hans.ass", "zh-Hans"),
        ("talk.srt", ""),
        ("en.srt", ""),
        ("talk.final2.srt", ""),
    ],
)
def test_a_name_tells_the_language(name: str, language: str) -> None:
    assert language_of(name) == language
