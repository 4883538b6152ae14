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
