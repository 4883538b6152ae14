import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.formats import vtt
from shared.formats.lint import main, violations
from shared.formats.subtitles import cues_from

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ["ar", "de", "en", "he", "ja"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_golden_subtitles(language: str) -> None:
    spans = json.loads((GOLDEN / f"{language}.json").read_text(encoding="utf-8"))
    written = vtt.write(cues_from(spans))
    assert written == (GOLDEN / f"{language}.vtt").read_text(encoding="utf-8")
    assert [str(one) for one in violations(written, language)] == []


SENTENCES = st.sampled_from(
    [
        *("the button", "of a page", "open", "settings.", "and then", "window,", "is"),
        *("internationalization", '"yes"', "&", "42"),
    ]
)


@given(st.lists(st.lists(SENTENCES, min_size=1, max_size=60), min_size=1, max_size=4))
def test_unhurried_speech_gives_subtitles_without_violations(said: list[list[str]]) -> None:
    spans = []
    at = 0.0
    for words in said:
        text = " ".join(words)
        end = at + 1 + len(text) / 12
        spans.append((at, end, text))
        at = end + 0.5
    assert [str(one) for one in violations(vtt.write(cues_from(spans)), "en")] == []


def cue(text: str, start: float = 0.0, end: float = 3.0) -> str:
    stamps = (f"00:00:{second:06.3f}" for second in (start, end))
    return f"{' --> '.join(stamps)}\n{text}\n"


def rules(*cues: str, language: str = "en") -> list[tuple[int, str]]:
    text = "\n".join(["WEBVTT\n", *cues])
    return [(one.cue, one.rule) for one in violations(text, language)]


@pytest.mark.parametrize(
    ("text", "end", "rule"),
    [
        ("One\ntwo\nthree", 3, "lines"),
        ("x" * 43, 3, "length"),
        ("字" * 17, 3, "length"),
        ("x" * 42, 2, "speed"),
        ("字" * 16, 2, "speed"),
        ("No.", 0.8, "short"),
        ("Long.", 7.1, "long"),
        ("You & me", 3, "escape"),
        ("a < b", 3, "escape"),
        ("This is the\nend of it.", 3, "phrase"),
        ("שלום, עולם.", 3, "direction"),
        ("<i></i>", 3, "empty"),
    ],
)
def test_each_violation_is_named(text: str, end: float, rule: str) -> None:
    assert rules(cue(text, 0, end)) == [(1, rule)]


def test_cues_keep_their_distance() -> None:
    fine = cue("One.", 0, 1)
    assert rules(fine, cue("Two.", 1.084, 2)) == []
    assert rules(fine, cue("Two.", 1.05, 2)) == [(2, "gap")]
    assert rules(fine, cue("Two.", 0.5, 2)) == [(2, "overlap")]
    assert rules(cue("One.", 5, 6), cue("Two.", 1, 2)) == [(2, "order")]


def test_what_may_stand_in_a_cue() -> None:
    assert rules(cue("<v Ann>Tom &amp; <i>me</i>&lrm;,\n<00:00:01.000>all &lt;of&gt; us")) == []
    assert rules(cue("x" * 21 + "\u0301" * 21 + "x" * 21)) == []  # accents take no room
    assert rules(cue("To be or not\nto be"), language="xx") == []


def test_a_file_that_cannot_be_read_is_one_violation() -> None:
    (only,) = violations("1\n00:00:01,000 --> 00:00:02,000\nx", "en")
    assert (only.cue, only.rule) == (0, "format")


def test_a_break_within_a_phrase_that_cannot_be_helped_is_none() -> None:
    full = "x" * 36 + " of it"
    assert rules(cue(f"It stands and\n{full}", 0, 4)) == []


@pytest.mark.parametrize(
    ("line", "following"), [("これは「", "本」です"), ("小さいも", "っと"), ("はい", "。")]
)
def test_signs_that_belong_together_stay_so(line: str, following: str) -> None:
    assert rules(cue(f"{line}\n{following}")) == [(1, "phrase")]


def test_as_a_command_it_names_file_cue_and_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (good, bad) = (tmp_path / "en.vtt", tmp_path / "de.vtt")
    good.write_text(f"WEBVTT\n\n{cue('Das ist in dem')}")
    bad.write_text(f"WEBVTT\n\n{cue(chr(10).join(['Das ist in', 'dem Haus.']))}")
    assert main([str(good)]) == 0
    assert main([str(good), str(bad)]) == 1
    assert capsys.readouterr().out.startswith(f"{bad}: cue 1 at 0.000 s: phrase: ")
