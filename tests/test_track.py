"""Subtitles as a browser's own <track> reads them."""

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.formats import vtt
from shared.formats.vtt import Cue
from tests.support import chromium

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).resolve().parent.parent / "shared" / "formats" / "tests" / "golden"
PAGE = """<!doctype html><meta charset="utf-8"><pre></pre><video></video><script>
const files = FILES, found = [];
let left = files.length;
files.forEach((file, n) => {
  const track = document.createElement("track");
  const done = (cues) => {
    found[n] = cues && [...cues].map((cue) =>
      [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]);
    if (!--left) document.querySelector("pre").textContent = JSON.stringify(found);
  };
  track.onload = () => done(track.track.cues);
  track.onerror = () => done(null);
  track.src = URL.createObjectURL(new Blob([file], { type: "text/vtt" }));
  document.querySelector("video").append(track);
  track.track.mode = "hidden";
});
</script>"""
LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30
)
CUES = st.lists(
    st.builds(
        lambda at, length, lines: Cue(at / 1000, (at + length) / 1000, "\n".join(lines)),
        st.integers(0, 40_000_000),
        st.integers(1, 9000),
        st.lists(LINES, min_size=1, max_size=2),
    ).filter(lambda cue: vtt.read(vtt.write([cue])) != []),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def browser() -> str:
    if (program := chromium.found()) is None:
        pytest.skip("no Chromium: it is not installed, and only root may install Debian's")
    return program


def read(browser: str, folder: Path, files: Sequence[str]) -> list[list[tuple[float, float, str]]]:
    """The cues that the browser finds in each file: start, end and text."""
    page = folder / "tracks.html"
    # "<" within the script could end it.
    page.write_text(
        PAGE.replace("FILES", json.dumps(files).replace("<", "\\u003c")), encoding="utf-8"
    )
    found = re.search(r"<pre>(.*?)</pre>", chromium.shown(browser, page), re.DOTALL)
    assert found is not None
    return [[tuple(cue) for cue in cues] for cues in json.loads(html.unescape(found[1]))]


def ours(file: str) -> list[tuple[float, float, str]]:
    """The same cues as we read them, in the order of a track's: by their times."""
    cues = sorted(vtt.read(file), key=lambda cue: (cue.start, -cue.end))
    return [(cue.start, cue.end, cue.text) for cue in cues]


def bare(cues: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Cues without the marks of direction around their lines."""
    return [
        (start, end, "\n".join(line.strip(vtt.DIRECTIONS) for line in text.split("\n")))
        for start, end, text in cues
    ]


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],  # to make a failure smaller would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(files=st.lists(CUES.map(vtt.write), min_size=5, max_size=15))
def test_a_browser_finds_the_same_cues(browser: str, tmp_path: Path, files: list[str]) -> None:
    for file, cues in zip(files, read(browser, tmp_path, files), strict=True):
        assert bare(cues) == ours(file)


def test_a_browser_finds_the_golden_cues_and_chapters(browser: str, tmp_path: Path) -> None:
    files = [path.read_text(encoding="utf-8") for path in sorted(GOLDEN.glob("*.vtt"))]
    files.append(vtt.write_chapters([Cue(0, 9, "Start & go"), Cue(9, 20, "End")]))
    assert len(files) == 6
    found = read(browser, tmp_path, files)
    assert [bare(cues) for cues in found] == [ours(file) for file in files]
    assert found[-1][0] == (0.0, 9.0, "Start & go")
