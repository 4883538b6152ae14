"""The whole of Docreel as a person meets it: the docreel command, a gateway and four workers."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import webvtt
from PIL import Image

from deploy.migrate import migrate
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.support.services import ROOT

pytestmark = pytest.mark.integration

DOCREEL = Path(sys.executable).with_name("docreel")
SAMPLE = ROOT / "samples" / "sample.mp4"


class Stack:
    """All five services as processes, on a database and a broker of the tests' own."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.storage = Path(environment["STORAGE_DIR"])
        self._environment = {**os.environ, **environment, "PORT": str(self.port)}
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        for name in names:
            with (self._logs / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(  # noqa: S603 - our own services
                    [sys.executable, "-m", f"services.{name}"],
                    cwd=ROOT,
                    env=self._environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        self.await_gateway()

    def await_gateway(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5):  # noqa: S310
                    return
            except OSError:
                assert time.monotonic() < deadline, "the gateway is not ready"
                time.sleep(0.1)

    def kill(self, name: str) -> None:
        os.killpg(self._running[name].pid, signal.SIGKILL)
        self._running[name].wait()

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(90)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def post(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own gateway
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return json.load(answer)

    def docreel(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the command under test
            [DOCREEL, *arguments],
            env={**os.environ, "DOCREEL_URL": self.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def stack(
    postgres: str, node: servers.Node, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    # A database and a virtual host for all tests of this module: they share one stack.
    folder = tmp_path_factory.mktemp("stack")
    with servers.own_database(postgres) as dsn, servers.own_host(node) as amqp_url:
        servers.run_alone(migrate(dsn))
        servers.run_alone(declare(amqp_url))
        (folder / "storage").mkdir()
        stack = Stack(
            {
                "AMQP_URL": amqp_url,
                "DATABASE_URL": dsn,
                "STORAGE_DIR": str(folder / "storage"),
                "LEASE_SECONDS": "3",
            },
            folder,
        )
        try:
            stack.start("gateway", *CONSUMERS)
            deadline = time.monotonic() + 30
            while stack.get("/api/engine")["engine"] != "apertium":
                assert time.monotonic() < deadline, "the translator does not tell its languages"
                time.sleep(0.1)
            yield stack
        finally:
            stack.stop()


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def word_error_rate(reference: list[str], heard: list[str]) -> float:
    row = list(range(len(heard) + 1))
    for n, expected in enumerate(reference, 1):
        diagonal, row[0] = row[0], n
        for m, word in enumerate(heard, 1):
            diagonal, row[m] = (
                row[m],
                min(row[m] + 1, row[m - 1] + 1, diagonal + (expected != word)),
            )
    return row[-1] / len(reference)


def captions(results: Path, language: str) -> list[Any]:
    found: list[Any] = webvtt.read(str(results / "subtitles" / f"{language}.vtt")).captions
    return found


def test_the_sample_becomes_documents_subtitles_and_translations(
    stack: Stack, tmp_path: Path
) -> None:
    spanish = "es" in stack.get("/api/engine")["languages"]
    chosen = ["--languages", "es"] if spanish else []
    done = stack.docreel("process", SAMPLE, "--out", tmp_path, *chosen)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for language in ["en", "es"] if spanish else ["en"]:
        documents = sorted((tmp_path / "docs" / language).glob("*.md"))
        assert len(documents) >= 3
        assert [path.with_suffix(".json").exists() for path in documents] == [True] * len(documents)
        for path in documents:
            for image in re.findall(r"\]\(<?([^)>]+\.webp)>?\)", path.read_text()):
                assert (path.parent / image).resolve().is_file()
        assert len(captions(tmp_path, language)) > 10
    assert list((tmp_path / "images").glob("*.webp"))
    heard = " ".join(cue.text for cue in captions(tmp_path, "en"))
    reference = words((ROOT / "samples" / "sample.txt").read_text())
    assert word_error_rate(reference, words(heard)) < 0.15
    job = json.loads((tmp_path / "job.json").read_text())
    assert (job["status"], job["issues"]) == ("completed", [])
    assert json.loads((tmp_path / "segments.json").read_text())


def video(path: Path, *, sound: bool, blank: bool) -> Path:
    """Write six seconds of film: two pictures or white, and silence or no sound at all."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=5)
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        silence = container.add_stream("aac", rate=16000) if sound else None
        for n in range(30):
            shade = "white" if blank or n < 15 else "black"
            frame = av.VideoFrame.from_ndarray(np.asarray(Image.new("RGB", (320, 180), shade)))
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if silence is not None:
            for _ in range(94):
                quiet = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono"
                )
                quiet.sample_rate = 16000
                container.mux(silence.encode(quiet))
            container.mux(silence.encode(None))
    return path


@pytest.mark.parametrize(("sound", "blank"), [(False, False), (True, True), (False, True)])
def test_a_video_that_says_nothing_ends_honestly_empty(
    stack: Stack, tmp_path: Path, *, sound: bool, blank: bool
) -> None:
    film = video(tmp_path / "quiet.mp4", sound=sound, blank=blank)
    done = stack.docreel("process", film, "--out", tmp_path / "out")
    # Complete, and the job says that nothing is in it, and why.
    assert done.returncode == 3, done.stderr
    (issue,) = stack.get("/api/jobs")["items"][0]["issues"]
    assert issue.startswith("Nothing was heard and nothing was read: ")
    assert ("the sound is silent" if sound else "there is no sound") in issue
    spoken = json.loads((tmp_path / "out" / "segments.json").read_text())
    assert [one["spoken_content"] for one in spoken if one["spoken_content"]] == []
    assert not list((tmp_path / "out").glob("docs/en/*.md"))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("three.mp4", b"abc", "three.mp4"),
        ("text.mp4", b"This is no video.\n" * 99, "text.mp4"),
        ("cut.mp4", SAMPLE.read_bytes()[:200_000][:4000], "cut.mp4"),
    ],
)
def test_a_file_that_is_no_video_is_refused_by_its_name(
    stack: Stack, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    before = stack.get("/api/jobs")["items"]
    (tmp_path / name).write_bytes(content)
    done = stack.docreel("process", tmp_path / name, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert stack.get("/api/jobs")["items"] == before
    assert told in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_an_empty_file_is_refused_before_anything_starts(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    done = stack.docreel("process", tmp_path / "empty.mp4")
    assert done.returncode in {1, 2}
    assert "empty" in (done.stderr + done.stdout).lower()


def test_a_language_that_there_is_not_is_refused_with_those_there_are(stack: Stack) -> None:
    supported = stack.get("/api/engine")["languages"]
    done = stack.docreel("process", SAMPLE, "--languages", "ja")
    assert done.returncode == 2
    assert all(tag in done.stderr for tag in supported)


def test_what_is_no_language_is_bad_usage(stack: Stack) -> None:
    done = stack.docreel("process", SAMPLE, "--languages", "nonsense!")
    assert done.returncode == 2
    assert "nonsense!" in done.stderr


def uploaded(stack: Stack, content: bytes = SAMPLE.read_bytes()) -> Any:
    """Create and upload a video; return its row."""
    created = stack.post("/api/videos", {"filename": "talk.mp4", "size_bytes": len(content)})
    request = urllib.request.Request(  # noqa: S310 - our own gateway
        f"{stack.url}{created['upload_url']}",
        content,
        {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        },
        method="PATCH",
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - the same
        return stack.get(f"/api/videos/{created['id']}")


def ended(stack: Stack, job: str) -> Any:
    deadline = time.monotonic() + 90
    while True:
        found = stack.get(f"/api/jobs/{job}")
        if found["status"] in {"completed", "failed", "cancelled"}:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_a_job_survives_the_gateway_that_was_killed_right_after_its_answer(stack: Stack) -> None:
    created = uploaded(stack)
    job = stack.post("/api/videos/process", {"videoId": created["id"], "languages": []})["jobId"]
    stack.kill("gateway")
    stack.start("gateway")
    assert ended(stack, job)["status"] == "completed"


def test_what_failed_is_retried_once_it_is_mended(stack: Stack) -> None:
    created = uploaded(stack)
    wish = {"videoId": created["id"], "languages": []}
    ended(stack, stack.post("/api/videos/process", wish)["jobId"])
    # Once it was looked at, a file is not looked at again before a job is queued.
    file = stack.storage / created["storage_path"]
    away = file.with_suffix(".away")
    file.rename(away)
    job = stack.post("/api/videos/process", wish)["jobId"]
    failed = ended(stack, job)
    assert failed["status"] == "failed"
    assert "upload it again" in failed["error_message"]
    away.rename(file)
    done = stack.docreel("retry", job)
    assert done.returncode == 0, done.stderr
    assert ended(stack, job)["status"] == "completed"


def test_a_job_that_is_cancelled_ends_as_cancelled(stack: Stack) -> None:
    # A file of its own: what was heard once would be done at once.
    created = uploaded(stack, SAMPLE.read_bytes() + b"\0")
    job = stack.post("/api/videos/process", {"videoId": created["id"], "languages": []})["jobId"]
    done = stack.docreel("cancel", job)
    assert done.returncode == 0, done.stderr
    assert ended(stack, job)["status"] == "cancelled"
