"""The folder of results: the video's own, replaced as a whole, and nothing of anybody's lost."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from docreel_cli.errors import CommandError, UsageError
from docreel_cli.files import free
from docreel_cli.folder import Destination
from docreel_cli.marker import MARKER, Origin

from .conftest import JOB, Docreel, FakeGateway, article, step

OLD = {"index.html": "old", "docs/es/01-a.md": "old", "docs/es/02-b.md": "old", "job.json": "old"}
NEW = {"index.html": "new", "docs/en/01-a.md": "new", "job.json": "new"}
Write = Callable[..., list[str]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(  # noqa: PLR0913 - most have a usual value
    files: Mapping[str, str],
    *,
    out: str | None = "there",
    video: str = "one",
    filename: str = "talk.mp4",
    here: str = "",
    force: bool = False,
) -> tuple[Path, list[str]]:
    """Write results; return their folder, and what was kept aside in it."""
    origin = Origin(video, filename, Path(here) if here else None)
    target = Destination(Path(out) if out else None, force)
    with target.staged(origin) as stage:
        for path, text in files.items():
            (stage.part / path).parent.mkdir(parents=True, exist_ok=True)
            (stage.part / path).write_text(text)
    return stage.folder, [path.relative_to(stage.folder).as_posix() for path in stage.kept]


def held(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def test_a_video_s_own_folder_is_replaced_as_a_whole(place: Path) -> None:
    written(OLD)
    inode = (place / "there").stat().st_ino
    assert written(NEW) == (Path("there"), [])
    assert held(place / "there") == NEW
    assert not (place / "there/docs/es").exists()
    assert [one.name for one in place.iterdir()] == ["there"]  # nothing beside it
    assert (place / "there").stat().st_ino != inode  # in one step


def test_what_somebody_added_or_changed_stays(place: Path) -> None:
    written(OLD)
    there = place / "there"
    (there / "notes.txt").write_text("mine")
    (there / "docs/es/mine.md").write_text("mine")
    (there / "docs/es/02-b.md").write_text("corrected")
    (there / "index.html").write_text("edited")
    (there / "empty").mkdir()
    assert written(NEW) == (Path("there"), ["index.kept.html"])
    assert held(there) == NEW | {
        "notes.txt": "mine",
        "docs/es/mine.md": "mine",
        "docs/es/02-b.md": "corrected",
        "index.kept.html": "edited",
    }
    assert (there / "empty").is_dir()
    # Once more: what was kept then is nobody's but theirs.
    written(OLD)
    assert held(there)["index.kept.html"] == "edited"
    assert not (there / "docs/en").exists()


def test_another_s_folder_is_refused_or_written_among(place: Path) -> None:
    there = place / "there"
    (there / "docs").mkdir(parents=True)
    (there / "index.html").write_text("mine")
    (there / "docs/en").write_text("a file where a folder is to be")
    with pytest.raises(UsageError, match=r"there is not empty.*--out.*--force"):
        written(NEW)
    assert held(there) == {"index.html": "mine", "docs/en": "a file where a folder is to be"}
    _, kept = written(NEW, force=True)
    assert sorted(kept) == ["docs/en.kept", "index.kept.html"]
    assert held(there) == NEW | {
        "index.kept.html": "mine",
        "docs/en.kept": "a file where a folder is to be",
    }
    (place / "file").touch()
    for force in (False, True):
        with pytest.raises(UsageError, match="is no folder"):
            written(NEW, out="file", force=force)


def test_another_video_s_folder_is_refused_by_its_name(place: Path) -> None:
    (place / "talk.mp4").touch()
    written(OLD, video="one", here="talk.mp4")
    with pytest.raises(UsageError, match=r"results of another video \(talk.mp4\)"):
        written(NEW, video="two", filename="talk.mp3", here="talk.mp3")
    # The same file, and not one of the same name elsewhere.
    with pytest.raises(UsageError, match="another video"):
        written(NEW, video="two", here="other/talk.mp4")
    assert held(place / "there") == OLD
    written(NEW, video="two", here="talk.mp4")
    assert held(place / "there") == NEW
    # Nor is what was the other's mixed in by force.
    written(OLD, video="three", filename="b.mp4", force=True)
    assert held(place / "there") == OLD


def test_videos_whose_names_differ_in_their_ending_have_folders_of_their_own(place: Path) -> None:
    def folder(filename: str, here: str, video: str = "") -> str:
        return written(NEW, out=None, filename=filename, here=here, video=video)[0].as_posix()

    assert folder("talk.mp4", "talk.mp4") == "out/talk"
    assert folder("talk.mp3", "talk.mp3") == "out/talk.mp3"
    assert folder("talk.mp4", "other/talk.mp4") == "out/talk.mp4"
    assert folder("talk.mp4", "more/talk.mp4") == "out/talk-2"
    # Again, each is its own.
    assert folder("talk.mp3", "talk.mp3") == "out/talk.mp3"
    assert folder("talk.mp4", "talk.mp4", video="seven") == "out/talk"
    assert folder("talk.mp4", "", video="seven") == "out/talk"  # docreel results
    assert folder("talk.mp4", "talk.mp4") == "out/talk"
    (place / "out/notes").mkdir()
    (place / "out/notes/x").touch()
    assert folder("notes.mp4", "notes.mp4") == "out/notes.mp4"
    assert folder("\u202f\u3000.mp4", "x.mp4") == "out/video"
    assert folder("con.mp4", "con.mp4") == "out/con_"
    assert folder("..", "y") == "out/video-2"


def test_a_failure_in_between_loses_nothing(place: Path) -> None:
    written(OLD)
    origin = Origin("one", "talk.mp4", None)
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), Destination(Path("there")).staged(origin):
            raise error
    with (
        pytest.raises(CommandError, match="cannot be written"),
        Destination(Path("there")).staged(origin),
    ):
        raise OSError(28, "No space left on device")
    assert held(place / "there") == OLD
    assert [one.name for one in place.iterdir()] == ["there"]


def test_a_folder_that_somebody_took_meanwhile_is_left_alone(place: Path) -> None:
    origin = Origin("one", "talk.mp4", None)
    with (
        pytest.raises(UsageError, match="not empty"),
        Destination(Path("there")).staged(origin),
    ):
        (place / "there/theirs").write_text("x")
    assert held(place / "there") == {"theirs": "x"}
    with Destination(None).staged(origin) as stage:
        (place / "out/talk/theirs").write_text("x")
    assert stage.folder == Path("out/talk.mp4")
    assert held(place / "out/talk") == {"theirs": "x"}


def test_a_folder_that_one_stands_in_is_replaced_in_its_place(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(OLD)
    inode = (place / "there").stat().st_ino
    monkeypatch.chdir(place / "there")
    written(NEW, out=".")
    assert held(place / "there") == NEW
    assert (place / "there").stat().st_ino == inode


def test_a_marker_leads_nowhere_outside(place: Path) -> None:
    written(OLD)
    there, outside = place / "there", place / "outside"
    outside.mkdir()
    (outside / "a").write_text("old")
    (outside / "02-b.md").write_text("old")
    told = json.loads((there / MARKER).read_text())
    (digests,) = {tuple(one) for one in told["files"].values()}
    told["files"] |= dict.fromkeys(
        ["../outside/a", str(outside / "a"), "x/../../outside/a"], digests
    )
    (there / MARKER).write_text(json.dumps(told))
    # Nor does a link that somebody put in a folder's place.
    for file in (there / "docs/es").iterdir():
        file.unlink()
    (there / "docs/es").rmdir()
    (there / "docs/es").symlink_to(outside)
    (there / "docs/en").symlink_to(outside)
    _, kept = written(NEW)
    assert kept == ["docs/en.kept"]
    assert {one.name for one in outside.iterdir()} == {"a", "02-b.md"}
    assert (there / "docs/en/01-a.md").read_text() == "new"
    assert (there / "docs/es").is_symlink()


def test_a_marker_that_cannot_be_read_is_none(place: Path) -> None:
    there = place / "there"
    there.mkdir()
    for text in ("", "[]", '{"files": 1}', "{}"):
        (there / MARKER).write_text(text)
        with pytest.raises(UsageError):
            written(NEW)
    written(NEW, force=True)
    assert held(there) == NEW | {".docreel.kept.json": "{}"}


def test_a_file_has_a_name_that_no_other_has(tmp_path: Path) -> None:
    path = tmp_path / "talk.es.pdf"
    assert free(path) == path
    path.touch()
    (tmp_path / "talk.es-2.pdf").symlink_to("nowhere")
    assert free(path) == tmp_path / "talk.es-3.pdf"


def ended(gateway: FakeGateway, video: str) -> None:
    gateway.video, gateway.at, gateway.stored = video, 0, bytearray()
    gateway.states = [gateway.job(status="completed", steps=[step("job", "done")])]


def test_a_film_and_its_sound_do_not_mix(
    gateway: FakeGateway, docreel: Docreel, tmp_path: Path
) -> None:
    for name in ("talk.mp4", "talk.mp3"):
        (tmp_path / name).write_bytes(b"x" * 9)
    gateway.articles = {"es": [article(1, "es", "uno")]}
    gateway.markdown = {"article-1-es": "# Uno\n"}
    ended(gateway, "v1")
    assert docreel("process", "talk.mp4", "--languages", "es").status == 0
    gateway.articles, gateway.markdown = (
        {"en": [article(1, "en", "one")]},
        {"article-1-en": "# A\n"},
    )
    ended(gateway, "v2")
    other = docreel("process", "talk.mp3")
    assert other.status == 0, other.err
    assert "Results in out/talk.mp3: open out/talk.mp3/index.html\n" in other.out
    assert [one.name for one in (tmp_path / "out/talk/docs").iterdir()] == ["es"]
    assert [one.name for one in (tmp_path / "out/talk.mp3/docs").iterdir()] == ["en"]
    # Before anything is sent.
    gateway.requests.clear()
    refused = docreel("process", "talk.mp3", "--out", "out/talk")
    assert refused.status == 2
    assert refused.err == (
        "Error: out/talk holds the results of another video (talk.mp4): name another folder with "
        "--out, or use --force, which replaces them.\n"
    )
    assert ("POST", "/api/videos") not in gateway.requests


def test_a_name_that_is_no_text_is_sent_and_shown(
    gateway: FakeGateway, docreel: Docreel, tmp_path: Path
) -> None:
    name = os.fsdecode(b"bad \xff\x1b[2J\n\\.mp4")
    (tmp_path / name).write_bytes(b"x" * 9)
    ended(gateway, "v1")
    done = docreel("process", name)
    assert done.status == 0, done.err
    assert gateway.filename == "bad \ufffd\x1b[2J\n\\.mp4"
    assert "Uploading bad \ufffd [2J \\.mp4: 100 %\n" in done.out
    folder = tmp_path / "out/bad-\ufffd-2J"
    assert 'src="../../bad%20%FF%1B%5B2J%0A%5C.mp4"' in (folder / "index.html").read_text()
    # Once more: it is the same video.
    ended(gateway, "v2")
    assert docreel("process", name).status == 0
    assert [one.name for one in (tmp_path / "out").iterdir()] == [folder.name]


def test_a_document_does_not_take_another_s_place(gateway: FakeGateway, docreel: Docreel) -> None:
    gateway.files["document.pdf"] = "%PDF"
    gateway.filename = "Team 👨‍👩‍👧 demo\u202f1.mp4"
    for number in ("", "-2"):
        ended(gateway, "v1")
        done = docreel("export", JOB, "--format", "pdf", "--language", "es")
        assert done.out == f"Written: Team-👨‍👩‍👧-demo-1.es{number}.pdf\n"
