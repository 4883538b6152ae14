from pathlib import Path

import pytest
from docreel_cli.sidecars import beside

from .conftest import VIDEO, Docreel, FakeGateway, step

FAST = ("--poll", "0.02")
DONE = [step("job", "done", 100)]


@pytest.fixture
def subtitles(video: Path) -> Path:
    path = video.with_name("words.srt")
    path.write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\nCaf\xe9\n")
    return path


def complete(gateway: FakeGateway) -> None:
    gateway.states = [gateway.job(steps=DONE, status="completed", progress=1.0)]


def test_a_subtitle_file_is_sent_as_it_is_before_the_video(
    gateway: FakeGateway, docreel: Docreel, video: Path, subtitles: Path
) -> None:
    complete(gateway)
    ended = docreel("process", video, "--subtitles", subtitles, *FAST)
    assert (ended.status, ended.err) == (0, "")
    assert gateway.given == ({"filename": "words.srt"}, subtitles.read_bytes())
    paths = [path for _, path in gateway.requests]
    given, sent = f"/api/videos/{VIDEO}/subtitle-file", f"/api/uploads/{VIDEO}"
    assert paths.index(given) < paths.index(sent)
    assert "Subtitles: words.srt, 2 cues" in ended.out.splitlines()


def test_its_language_may_be_stated(
    gateway: FakeGateway, docreel: Docreel, video: Path, subtitles: Path
) -> None:
    complete(gateway)
    docreel("process", video, "--subtitles", subtitles, "--subtitles-language", "en", *FAST)
    assert gateway.given is not None
    assert gateway.given[0] == {"filename": "words.srt", "language": "en"}


def test_one_that_is_refused_ends_the_command_before_the_upload(
    gateway: FakeGateway, docreel: Docreel, video: Path, subtitles: Path
) -> None:
    gateway.readable = False
    ended = docreel("process", video, "--subtitles", subtitles, *FAST)
    assert ended.status == 2  # as for whatever the gateway does not take
    assert "no subtitles were found" in ended.err
    assert ("DELETE", f"/api/videos/{VIDEO}") in gateway.requests
    assert not gateway.stored


def test_one_that_is_not_there_or_too_large_is_bad_usage(
    gateway: FakeGateway, docreel: Docreel, video: Path, subtitles: Path
) -> None:
    assert docreel("process", video, "--subtitles", "missing.srt").status == 2
    subtitles.write_bytes(b" " * (5 * 1024 * 1024))
    ended = docreel("process", video, "--subtitles", subtitles)
    assert ended.status == 2
    assert "no subtitle file" in ended.err
    assert gateway.requests == []


def test_files_of_the_same_name_are_told_and_not_used(
    gateway: FakeGateway, docreel: Docreel, video: Path, subtitles: Path
) -> None:
    complete(gateway)
    for name in ("demo.srt", "demo.en.vtt", "demo2.srt", "demo.txt"):
        video.with_name(name).touch()
    assert [one.name for one in beside(video)] == ["demo.en.vtt", "demo.srt"]
    ended = docreel("process", video, *FAST)
    assert gateway.given is None
    told = "Beside the video lie demo.en.vtt, demo.srt, not used: --subtitles demo.en.vtt"
    assert any(line.startswith(told) for line in ended.out.splitlines())
    # Who names one knows of them.
    assert "Beside" not in docreel("process", video, "--subtitles", subtitles, *FAST).out
