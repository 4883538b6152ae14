"""Values are those of the standard: https://www.w3.org/TR/webvtt1/#parsing."""

import pytest

from shared.formats.subtitle_files.webvtt import cue_text, is_webvtt, read_webvtt
from shared.formats.vtt import Cue


def texts(body: str) -> list[str]:
    return [cue.text for cue in read_webvtt(f"WEBVTT\n\n{body}")]


def times(line: str) -> list[tuple[float, float]]:
    return [(cue.start, cue.end) for cue in read_webvtt(f"WEBVTT\n\n{line}\ntext\n")]


@pytest.mark.parametrize("head", ["WEBVTT", "WEBVTT\n", "\ufeffWEBVTT", "WEBVTT x", "WEBVTT\ta\nb"])
def test_a_signature_is_enough(head: str) -> None:
    assert is_webvtt(head)
    assert read_webvtt(head) == []


@pytest.mark.parametrize("head", ["", "WEBVT", "webvtt", "WEBVTTX", " WEBVTT", "\nWEBVTT"])
def test_without_a_signature_it_is_no_webvtt(head: str) -> None:
    assert not is_webvtt(head)
    with pytest.raises(ValueError, match="WEBVTT"):
        read_webvtt(f"{head}\n\n00:00.000 --> 00:01.000\ntext")


@pytest.mark.parametrize("head", ["WEBVTT", "WEBVTT 00:05.000 --> 00:06.000", "WEBVTT\nKind: x"])
def test_times_end_the_header(head: str) -> None:
    assert read_webvtt(f"{head}\n00:00.000 --> 00:01.000\ntext") == [Cue(0, 1, "text")]


def test_an_arrow_that_is_no_timing_costs_its_line_alone() -> None:
    arrows = ["-->", "foo-->", "-->foo", "--->", "-->-->"]
    lines = [f"{arrow}\n00:00.000 --> 00:01.000\n{n}" for n, arrow in enumerate(arrows)]
    assert texts("\n".join(lines)) == ["0", "1", "2", "3", "4"]


def test_times_end_a_cue_without_a_blank_line() -> None:
    assert texts("00:00.000 --> 00:01.000\na\nb\n00:01.000 --> 00:02.000\nc") == ["a\nb", "c"]


def test_an_identifier_is_no_text() -> None:
    assert texts(" 7 \n00:00.000 --> 00:01.000\na\n\n-- >\n00:01.000 --> 00:02.000\nb") == [
        "a",
        "b",
    ]


def test_two_lines_before_the_times_are_no_cue_of_theirs() -> None:
    assert texts("one\ntwo\n00:00.000 --> 00:01.000\na") == ["a"]


def test_notes_styles_and_regions_are_passed_over() -> None:
    blocks = ["NOTE of\nmine", "STYLE\n::cue { color: red }", "REGION\nid:a", "alone"]
    body = "\n\n".join([*blocks, "00:00.000 --> 00:01.000 region:a align:start\na", *blocks])
    assert texts(body) == ["a"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_each_newline_ends_a_line(end: str) -> None:
    body = "WEBVTT\n\nid\n00:00.000 --> 00:01.000\na\nb\n\n00:01.000 --> 00:02.000\nc\n"
    assert read_webvtt(body.replace("\n", end)) == [Cue(0, 1, "a\nb"), Cue(1, 2, "c")]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("00:00:01.000 --> 00:00:02.500", (1, 2.5)),
        ("00:01.000-->00:02.000", (1, 2)),
        ("\t\f 00:01.000 \f--> \t00:02.000 line:0 -- nonsense", (1, 2)),
        ("0:00:01.000 --> 000:00:02.000", (1, 2)),
        ("60:00:00.000 --> 60:00:01.000", (216_000, 216_001)),
        ("00:00:05.000 --> 00:00:04.999", (5, 4.999)),
        ("00:00:01.000 --> 00:00:02.000\0align:end", (1, 2)),
    ],
)
def test_times_are_as_they_stand(line: str, wanted: tuple[float, float]) -> None:
    assert times(line) == [wanted]


@pytest.mark.parametrize(
    "line",
    [
        "00::00:00.000 --> 00:00:01.000",
        "00:00:60.000 --> 00:02:00.000",
        "00:60:00.000 --> 02:00:00.000",
        "00:00:00.0000 --> 00:00:01.000",
        "00:00:00.00 --> 00:00:01.000",
        "00:00:00,000 --> 00:00:01.000",
        "0:00.000 --> 00:01.000",
        "000:00.000 --> 00:01.000",
        "00:00:00.000\0--> 00:00:01.000",
        "00:00:00.000 -->",
        "00:00:00.000 -a --> 00:00:01.000",
        "\v00:00:00.000 --> 00:00:01.000",
        "٠٠:٠٠.٠٠٠ --> 00:01.000",
        f"{'9' * 5000}:00:00.000 --> 00:00:01.000",
    ],
)
def test_what_is_no_time_is_no_cue(line: str) -> None:
    assert times(line) == []
    assert texts(f"{line}\nlost\n\n00:00.000 --> 00:01.000\nnext") == ["next"]


def test_a_null_becomes_a_replacement_character() -> None:
    assert texts("\0\n00:00.000 --> 00:01.000\n\0te\0xt") == ["\ufffdte\ufffdxt"]


def test_spaces_of_a_text_stay() -> None:
    assert texts("00:00.000 --> 00:01.000\n   if x:") == ["   if x:"]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("a &amp; b &lt;i&gt;", "a & b <i>"),
        ("a&lrm;b&nbsp;c", "a\u200eb\u00a0c"),
        ("&quot;&copy;&#39;&#x41;", "\"©'A"),
        ("& && &1; &;", "& && &1; &;"),
        ("&<c", "&"),
        ("&am<b>p;", "&amp;"),
        ("<i>a</i><b.x.y>b</b><c.red>c</c>", "abc"),
        ("a<00:00:01.500><c> b</c>", "a b"),
        ("<ruby>a<rt>b</rt></ruby>c", "abc"),
        ("a < b", "a "),
        ("List<int> x", "List x"),
        ("<b\n>a", "a"),
        ("C:\\new {x}", "C:\\new {x}"),
    ],
)
def test_tags_and_references_are_read(raw: str, wanted: str) -> None:
    assert cue_text(raw) == (wanted, "")


@pytest.mark.parametrize(
    ("raw", "speaker"),
    [
        ("<v Anna>Hello", "Anna"),
        ("<v.loud.first  Anna &amp;\tBob >Hello</v>", "Anna & Bob"),
        ("<v Anna>Hello</v> <v Bob>Hi", ""),
        ("<voice Anna>Hello", ""),
    ],
)
def test_one_voice_is_the_speaker(raw: str, speaker: str) -> None:
    assert cue_text(raw)[1] == speaker
