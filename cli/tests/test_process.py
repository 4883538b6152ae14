import json
import os
import pty
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from .conftest import DOCREEL, JOB, VIDEO, Docreel, FakeGateway, article, image, step

MB = 1024 * 1024
FAST = ("--poll", "0.02")
HEARD = [
    step("job", "running"),
    step("transcription", "done", 100, expected=2),
    step("window/0", "done", 100),
    step("window/1", "done", 100),
]
NINE = "2026-11-24T09:00:00Z"
WRITTEN = [*HEARD, step("outline", "done", 100, expected=2), step("article/a", "done", 100)]


def scripted(gateway: FakeGateway, **ending: object) -> None:
    hole = step("article/b", "failed", reason="Blocked")
    gateway.states = [
        gateway.job(steps=[step("job", "waiting")], status="pending"),
        gateway.job(steps=[step("transcription", "running", expected=2), HEARD[2]]),
        503,
        gateway.job(steps=[*HEARD, step("outline", "waiting_quota", reason="Spent", until=NINE)]),
        gateway.job(steps=[*WRITTEN, hole, step("translation/es/subtitles", "running", 40)]),
        gateway.job(
            steps=[*WRITTEN, hole, *(step(f"translation/es/{n}", "done", 100) for n in "sa")],
            **{"status": "completed", "progress": 1.0} | ending,
        ),
    ]


def test_complete_job_ends_with_0_and_is_told_in_plain_lines(
    gateway: FakeGateway, docreel: Docreel, video: Path, tmp_path: Path
) -> None:
    scripted(gateway)
    ended = docreel("process", video, "--languages", "es, ca,es", *FAST)
    assert (ended.status, ended.err) == (0, "")
    assert gateway.processed == {"videoId": VIDEO, "languages": ["es", "ca"]}
    assert gateway.unchanged > 0
    nine = datetime.fromisoformat(NINE).astimezone()
    assert ended.out.splitlines() == [
        "Engine: offline",
        *(f"Uploading demo.mp4: {n} %" for n in range(0, 101, 10)),
        f"Job {JOB}",
        "Transcription: running, 1 of 2 (50 %)",
        "The gateway does not answer; the job goes on. Trying again ...",
        "Transcription: done, 2 of 2",
        f"Articles: waiting for the engine's quota: until {nine:%Y-%m-%d %H:%M %Z}: Spent",
        "Articles: done, 2 of 2, 1 failed",
        "Translation to es: running, 0 of 2 (20 %)",
        "Translation to es: done, 2 of 2",
        "Results in out/demo: open out/demo/index.html",
        "Complete",
    ]
    assert json.loads((tmp_path / "out/demo/job.json").read_text())["status"] == "completed"


def test_forced_colours_do_not_bring_redrawn_lines(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    scripted(gateway)
    ended = docreel("process", video, *FAST, FORCE_COLOR="1")
    assert ended.status == 0
    assert "\x1b" not in ended.out


def test_issues_end_with_3_and_are_named(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    scripted(gateway, issues=["Article b could not be written: \x1b[2JBlocked"])
    ended = docreel("process", video, "--out", "there", *FAST)
    assert ended.status == 3
    assert "Issue: Article b could not be written:  [2JBlocked\n" in ended.err
    assert f"docreel retry {JOB}" in ended.err


@pytest.mark.parametrize(
    ("status", "told"), [("failed", "failed: No sound"), ("cancelled", "was cancelled: No sound")]
)
def test_failed_and_cancelled_jobs_end_with_1(
    gateway: FakeGateway, docreel: Docreel, video: Path, status: str, told: str
) -> None:
    scripted(gateway, status=status, error_message="No sound")
    ended = docreel("process", video, *FAST)
    assert ended.status == 1
    assert f"Error: Job {JOB} {told}\n" in ended.err


def test_bad_usage_ends_with_2_before_anything_is_sent(
    gateway: FakeGateway, docreel: Docreel, video: Path, tmp_path: Path
) -> None:
    gateway.languages = ["es", "pt-BR"]
    empty, taken = tmp_path / "empty.mp4", tmp_path / "taken"
    empty.touch()
    taken.touch()
    for words in (
        ["process", tmp_path / "none.mp4"],
        ["process", empty],
        ["process", video, "--languages", "español"],
        ["process", video, "--languages", "es,ca"],
        ["process", video, "--out", taken],
        ["process", video, "--url", "ftp://here"],
        ["process"],
        ["dance"],
    ):
        ended = docreel(*words)
        assert ended.status == 2, words
        assert ended.err
    ended = docreel("process", video, "--languages", "ca")
    assert ended.err == (
        "Error: The offline engine does not translate to ca; it translates to es, pt-BR.\n"
    )
    assert {path for _, path in gateway.requests} == {"/api/engine"}


def test_upload_goes_on_after_dropped_connections(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    scripted(gateway)
    gateway.drops = [2 * MB, 0, 6 * MB, MB]
    ended = docreel("process", video, *FAST)
    assert ended.status == 0, ended.err
    assert bytes(gateway.stored) == video.read_bytes()
    assert ("HEAD", f"/api/uploads/{VIDEO}") in gateway.requests
    assert {offset for offset, _ in gateway.chunks} > {0}
    assert max(length for _, length in gateway.chunks) == 6 * MB


def test_upload_that_never_goes_on_is_given_up(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    gateway.drop_all = True
    ended = docreel("process", video, *FAST)
    assert ended.status == 1
    assert f"stopped at 0 of {13 * MB} bytes after 6 tries." in ended.err
    assert not gateway.processed


def test_retry_after_is_honoured(gateway: FakeGateway, docreel: Docreel, video: Path) -> None:
    scripted(gateway)
    gateway.states = gateway.states[:1] + gateway.states[-1:]
    gateway.retry_after = "1"
    before = time.monotonic()
    assert docreel("process", video, *FAST).status == 0
    assert time.monotonic() - before > 2.0


def test_interrupt_says_that_the_job_goes_on(
    gateway: FakeGateway, environment: dict[str, str], video: Path, tmp_path: Path
) -> None:
    gateway.states = [gateway.job()] * 10_000
    with subprocess.Popen(  # noqa: S603 - the command under test
        [DOCREEL, "process", video],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        while ("GET", f"/api/jobs/{JOB}") not in gateway.requests:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err.decode().startswith("The job goes on without you")
    assert f"docreel status {JOB}" in err.decode()


def test_terminal_has_live_lines(
    gateway: FakeGateway, environment: dict[str, str], video: Path, tmp_path: Path
) -> None:
    scripted(gateway)
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - the command under test
        [DOCREEL, "process", video, *FAST],
        cwd=tmp_path,
        env=environment | {"TERM": "xterm-256color", "COLUMNS": "120"},
        stdout=theirs,
    ) as running:
        os.close(theirs)
        seen = b""
        while block := _read(ours):
            seen += block
    os.close(ours)
    assert running.returncode == 0
    shown = seen.decode()
    assert "\x1b[" in shown
    for words in ("Uploading demo.mp4", "Transcription", "Articles", "Translation to ca"):
        assert words in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux tells that the other side is closed
        return b""


def test_results_are_named_and_stay_in_their_folder(
    gateway: FakeGateway, docreel: Docreel, tmp_path: Path
) -> None:
    src = f"/api/videos/{VIDEO}/images"
    pictures = [image(f"{src}/a%20b.png"), image(f"{src}/..%2F..%2Fevil.png"), image("//x/y.png")]
    text = f"![A](<{src}/a%20b.png>)\n\n![B]({src}/..%2F..%2Fevil.png)\n\n![C](<//x/y.png>)\n"
    gateway.articles = {
        "es": [article(3, "es", "Índice", *pictures), article(7, "es", "../../../evil")],
        "../ca": [article(7, "ca", "dos"), article(7, "ca", "Dos")],
    }
    gateway.markdown = {a["id"]: text for found in gateway.articles.values() for a in found}
    gateway.images = {"a b.png": b"one", "../../evil.png": b"two"}
    gateway.states = [gateway.job(status="completed", languages=["es"])]
    ended = docreel("results", JOB, "--out", "deep/there")
    assert (ended.status, ended.err) == (0, "")
    root = tmp_path / "deep/there"
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == [
        f"deep/there/{name}"
        for name in (
            ".docreel.json",
            "chapters.vtt",
            "docs/ca/02-Dos-2.json",
            "docs/ca/02-Dos-2.md",
            "docs/ca/02-dos.json",
            "docs/ca/02-dos.md",
            "docs/es/01-Índice.json",
            "docs/es/01-Índice.md",
            "docs/es/02-evil.json",
            "docs/es/02-evil.md",
            "images/a-b.png",
            "images/evil.png",
            "index.html",
            "job.json",
            "reports/ca.json",
            "reports/en.json",
            "reports/es.json",
            "segments.json",
            "subtitles/ca.vtt",
            "subtitles/en.vtt",
            "subtitles/es.vtt",
        )
    ]
    assert (root / "docs/es/01-Índice.md").read_text() == (
        "![A](<../../images/a-b.png>)\n\n![B](../../images/evil.png)\n\n![C](<//x/y.png>)\n"
    )
    content = (root / "docs/es/01-Índice.json").read_text()
    assert json.loads(content) == gateway.articles["es"][0]["content_json"]
    assert (root / "images/evil.png").read_bytes() == b"two"
    assert json.loads((root / "reports/es.json").read_text())["language"] == "es"
    assert '\n    "spoken_content": "¡Hola!"\n' in (root / "segments.json").read_text()


def test_what_the_gateway_lacks_is_an_issue(gateway: FakeGateway, docreel: Docreel) -> None:
    src = f"/api/videos/{VIDEO}/images/gone.png"
    gateway.articles = {"es": [article(1, "es", "uno", image(src))]}
    gateway.states = [gateway.job(status="completed")]
    ended = docreel("results", JOB)
    assert ended.status == 3
    assert "Issue: The gateway does not have the image gone.png.\n" in ended.err
    assert 'does not have the article "Título 1" as Markdown' in ended.err


def test_an_upload_is_created_where_its_ticket_says_so(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    scripted(gateway)
    gateway.creates = True
    ended = docreel("process", video, *FAST)
    assert ended.status == 0, ended.err
    assert ("POST", "/api/uploads") in gateway.requests
    assert bytes(gateway.stored) == video.read_bytes()


def test_a_token_is_sent_from_the_environment(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    scripted(gateway)
    assert docreel("process", video, *FAST, DOCREEL_TOKEN="secret").status == 0  # noqa: S106 - a test's
    assert gateway.logins == {"Bearer secret"}


def test_a_request_whose_answer_was_lost_is_sent_again_with_its_key(
    gateway: FakeGateway, docreel: Docreel, video: Path
) -> None:
    scripted(gateway)
    gateway.lost = ["/api/videos/process", "/api/videos"]
    ended = docreel("process", video, *FAST)
    assert ended.status == 0, ended.err
    # Creating the video and processing it: each twice, with one key.
    assert [gateway.keys.count(key) for key in dict.fromkeys(gateway.keys)] == [2, 2]


def test_documents_are_written_as_one_file(
    gateway: FakeGateway, docreel: Docreel, tmp_path: Path
) -> None:
    gateway.files |= {"document.pdf": "%PDF", "export.zip": "PK"}
    gateway.states = [gateway.job(status="completed")]
    ended = docreel("export", JOB, "--format", "pdf", "--language", "es", "--out", "talk.pdf")
    assert (ended.status, ended.out) == (0, "Written: talk.pdf\n")
    assert (tmp_path / "talk.pdf").read_bytes() == b"%PDF language=es"
    gateway.states = [gateway.job(status="completed")]
    ended = docreel("export", JOB)
    (made,) = tmp_path.glob("*.zip")
    assert (ended.status, ended.out) == (0, f"Written: {made.name}\n")
    assert made.read_bytes() == b"PK "
    gateway.states = [gateway.job(status="completed")]
    refused = docreel("export", JOB, "--format", "html")
    assert refused.status == 1
    assert "There is no such thing." in refused.err
