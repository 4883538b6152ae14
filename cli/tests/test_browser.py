"""The page of a video's results in a browser: from a disk, with the video beside it."""

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from docreel_cli import page
from docreel_cli.records import Article

from tests.support import chromium

pytestmark = pytest.mark.integration

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "sample.mp4"
# Looks at the page as a reader does, and tells what it saw.
READER = """<script>
addEventListener("load", async () => {
  const seen = {}, video = document.querySelector("video");
  const shown = () => [...document.querySelectorAll("main article")]
    .filter((one) => one.getClientRects().length).map((one) => one.lang);
  try {
    seen.first = shown();
    document.querySelector("[data-choose=ar]").click();
    seen.chosen = shown();
    const second = document.querySelector("#second");
    second.value = "en";
    second.dispatchEvent(new Event("change"));
    seen.beside = shown();
    document.querySelector('article[lang=ar] span[data-second="34.5"]').click();
    seen.time = video.currentTime;
    seen.tracks = [...video.textTracks].map((one) => [one.language, one.mode]);
    seen.wide = document.documentElement.scrollWidth <= innerWidth;
  } catch (error) { seen.error = String(error); }
  const out = document.createElement("output");
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
});
</script>"""


@pytest.mark.parametrize("width", [390, 1280])
def test_a_reader_chooses_languages_and_jumps_into_the_video(width: int, tmp_path: Path) -> None:
    program = chromium.found()
    if program is None:
        pytest.skip("no Chromium: it is not installed, and only root may install Debian's")
    shutil.copy(SAMPLE, tmp_path / "sample.mp4")
    file = tmp_path / "index.html"
    file.write_text(page.written(pages(), lambda _: None) + READER, encoding="utf-8")
    shown = chromium.shown(program, file, f"--window-size={width},900")
    found = re.search("<output>(.*?)</output>", shown, re.DOTALL)
    assert found is not None
    seen = json.loads(html.unescape(found[1]))
    assert seen == {
        "first": ["en"],
        "chosen": ["ar"],
        "beside": ["en", "ar"],
        "time": 34.5,
        "tracks": [["en", "disabled"], ["ar", "showing"]],
        "wide": True,
    }


def pages() -> page.Pages:
    def article(tag: str, text: str) -> Article:
        attrs: dict[str, Any] = {"segmentIds": ["a", "b"], "second": 2.0}
        content = [
            {"type": "paragraph", "attrs": attrs, "content": [{"type": "text", "text": text}]}
        ]
        return Article(f"{tag}1", "c1", 0, "Title", "title", {"type": "doc", "content": content})

    return page.Pages(
        title="Sample",
        video="sample.mp4",
        articles={
            "en": [article("en", "Open it. Save it.")],
            "ar": [article("ar", "افتحه الآن. احفظه الآن.")],
        },
        subtitles=dict.fromkeys(("en", "ar"), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nx\n"),
        segments=[
            {"id": "a", "start_time": 2.0, "spoken_content": "Open it."},
            {"id": "b", "start_time": 34.5, "spoken_content": "Save it."},
        ],
    )


# What a reader sees of it: at first, and after each language is chosen.
LOOKER = """<script>
addEventListener("load", async () => {
  const all = (what) => [...document.querySelectorAll(what)]
    .filter((one) => one.getClientRects().length);
  const lines = (what) => all(what).flatMap((one) => one.innerText.split("\\n"))
    .map((one) => one.trim()).filter(Boolean);
  const empty = (one) => !one.innerText.trim();
  const boxes = () => all("main > *, nav li").filter(empty).length;
  const look = () => ({ main: lines("main"), nav: lines("nav li"), boxes: boxes() });
  const seen = { first: look(), buttons: lines("#languages button") };
  for (const button of document.querySelectorAll("#languages button")) {
    button.click();
    seen[button.dataset.choose] = look();
  }
  const out = document.createElement("output");
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
});
</script>"""


def looked_at(tmp_path: Path, **told: Any) -> dict[str, Any]:
    program = chromium.found()
    if program is None:
        pytest.skip("no Chromium: it is not installed, and only root may install Debian's")
    shown: dict[str, Any] = {"title": "T", "video": "", "articles": {}, "subtitles": {}}
    made = page.written(page.Pages(**(shown | {"segments": []} | told)), lambda _: None)
    file = tmp_path / "index.html"
    file.write_text(made + LOOKER, encoding="utf-8")
    found = re.search(
        "<output>(.*?)</output>", chromium.shown(program, file, "--window-size=1280,900"), re.DOTALL
    )
    assert found is not None
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    assert not any(look["boxes"] for key, look in seen.items() if key != "buttons")
    return seen


def written(tag: str, *chapters: int) -> list[Article]:
    return [
        Article(
            f"{tag}{number}",
            f"c{number}",
            number,
            f"{tag} title {number}",
            "slug",
            {
                "type": "doc",
                "content": [
                    {"type": "paragraph", "content": [{"type": "text", "text": f"{tag} {number}"}]}
                ],
            },
        )
        for number in chapters
    ]


def track(tag: str) -> str:
    return f"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{tag} said\n"


def chapter(tag: str, number: int) -> list[str]:
    return [f"{tag} title {number}", f"{tag} {number}"]


def test_one_language_is_shown_and_not_to_be_chosen(tmp_path: Path) -> None:
    seen = looked_at(tmp_path, articles={"en": written("en", 1, 2)}, subtitles={"en": track("en")})
    assert seen == {
        "first": {
            "main": [*chapter("en", 1), *chapter("en", 2), "Subtitles"],
            "nav": ["en title 1", "en title 2", "Subtitles"],
            "boxes": 0,
        },
        "buttons": [],
    }


def test_articles_in_some_languages_leave_no_gap_in_others(tmp_path: Path) -> None:
    seen = looked_at(
        tmp_path,
        articles={"en": written("en", 1, 2), "es": written("es", 2), "ar": written("ar", 1, 2)},
        subtitles={tag: track(tag) for tag in ("en", "es", "ca", "pt")},
    )
    assert seen["buttons"] == ["English", "español", "العربية", "català", "português"]
    assert seen["first"] == seen["en"]
    assert seen["en"]["main"] == [*chapter("en", 1), *chapter("en", 2), "Subtitles"]
    assert seen["es"] == {
        "main": ["This chapter has no text in Spanish.", *chapter("es", 2), "Subtitles"],
        "nav": ["en title 1", "es title 2", "Subtitles"],
        "boxes": 0,
    }
    # Without subtitles, and without articles.
    assert seen["ar"]["main"] == [*chapter("ar", 1), *chapter("ar", 2)]
    assert seen["ca"] == {
        "main": [
            "There are no documents in Catalan, only the subtitles.",
            "Subtitles",
            "0:01",
            "ca said",
        ],
        "nav": ["Subtitles"],
        "boxes": 0,
    }


def test_a_first_language_that_has_no_article_is_shown_too(tmp_path: Path) -> None:
    seen = looked_at(
        tmp_path,
        articles={"es": written("es", 1)},
        subtitles={"en": track("en"), "es": track("es")},
    )
    assert seen["buttons"] == ["español", "English"]
    assert seen["first"]["main"] == [*chapter("es", 1), "Subtitles"]
    assert seen["en"]["main"][0] == "There are no documents in English, only the subtitles."


@pytest.mark.parametrize(
    ("told", "main"),
    [
        ({}, ["Nothing is said in this video, and nothing shown that could be read."]),
        (
            {"subtitles": {"en": "WEBVTT\n"}},
            ["Nothing is said in this video, and nothing shown that could be read."],
        ),
        (
            {"subtitles": {"en": track("en")}},
            [
                "There are no documents of this video, only the subtitles.",
                *("Subtitles", "0:01", "en said"),
            ],
        ),
        (
            {"complete": False},
            ["The job did not come to its end: no documents were written."],
        ),
    ],
)
def test_what_is_not_there_is_told(told: dict[str, Any], main: list[str], tmp_path: Path) -> None:
    seen = looked_at(tmp_path, **told)
    assert (seen["first"]["main"], seen["buttons"]) == (main, [])


def test_without_scripts_the_first_language_is_read() -> None:
    pages_ = page.Pages(
        title="T",
        video="",
        articles={"en": written("en", 1), "ar": written("ar", 1, 2)},
        subtitles={"ar": track("ar")},
        segments=[],
    )
    made = page.written(pages_, lambda _: None)
    shown = re.findall(r'data-language="(\w+)"[^>]*?( hidden)?>', made)
    assert {tag for tag, hidden in shown if not hidden} == {"en"}
