import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from deploy.local import rabbitmq
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import Account, ServerMissing, command_of
from deploy.local.rabbitmq import PrivateNode

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that servers run by other users reach (pytest's own are closed to them)."""
    path = Path("/var/tmp") / f"docreel-test-{os.getpid()}-{time.monotonic_ns()}"  # noqa: S108
    path.mkdir(mode=0o755)
    yield path
    shutil.rmtree(path)


def running(mark: str) -> list[str]:
    pids = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
    commands = [command_of(pid) for pid in pids if pid != os.getpid()]
    return [command for command in commands if mark in command]


def gone(mark: str, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while running(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def kill_a_starter(code: str, mark: str) -> None:
    """Kill a program with SIGKILL as soon as the server it starts can be seen."""
    program = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)  # noqa: S603 - our own code
    deadline = time.monotonic() + 30
    while not running(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    seen = running(mark)
    program.send_signal(signal.SIGKILL)
    program.wait()
    assert seen


def leave_stale_pid_file(folder: Path) -> None:
    """Leave a pid file that names a living process which is no PostgreSQL."""
    stale = folder / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{folder}/data\n1\n1\n\n127.0.0.1\n\nready\n")


@pytest.mark.integration
async def test_postgres_keeps_its_data_and_leaves_no_process(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    for expected in (0, 1):
        dsn = server.start()
        try:
            connection = await asyncpg.connect(dsn)
            assert await connection.fetchval("select 1") == 1
            assert running(f"-D {folder}")
            await connection.execute("create table if not exists kept (n int)")
            assert await connection.fetchval("select count(*) from kept") == expected
            await connection.execute("insert into kept values (1)")
            await connection.close()
        finally:
            server.stop()
        assert not running(str(folder))


@pytest.mark.integration
async def test_postgres_survives_a_stale_pid_file_and_a_killed_starter(folder: Path) -> None:
    code = (
        "from pathlib import Path; from deploy.local.postgres import EmbeddedPostgres;"
        f"EmbeddedPostgres(Path({str(folder)!r})).start(); import time; time.sleep(60)"
    )
    kill_a_starter(code, f"-D {folder}")
    assert gone(f"-D {folder}")
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    leave_stale_pid_file(folder)
    try:
        connection = await asyncpg.connect(server.start())
        assert await connection.fetchval("select 1") == 1
        await connection.close()
    finally:
        server.stop()


@pytest.mark.integration
async def test_postgres_starts_where_its_user_reaches_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "reaches", lambda _self, _path: False)
    server = EmbeddedPostgres(folder)
    try:
        connection = await asyncpg.connect(server.start())
        found = Path(await connection.fetchval("show data_directory"))
        await connection.close()
        assert found.parent.name.startswith("docreel-postgres-")
        assert running(f"{found.parent}/pginstall-")
    finally:
        server.stop()
    shutil.rmtree(found.parent)


@pytest.mark.integration
async def test_rabbitmq_keeps_its_messages_and_leaves_no_process(folder: Path) -> None:
    node = PrivateNode(folder)
    for first in (True, False):
        url = node.start()
        try:
            connection = await aio_pika.connect(url)
            async with connection:
                channel = await connection.channel()
                brief = await channel.declare_queue(exclusive=True)
                await channel.default_exchange.publish(aio_pika.Message(b"hello"), brief.name)
                assert (await brief.get(no_ack=True)).body == b"hello"
                kept = await channel.declare_queue("kept", durable=True)
                if first:
                    message = aio_pika.Message(
                        b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT
                    )
                    await channel.default_exchange.publish(message, "kept")
                else:
                    assert (await kept.get(no_ack=True)).body == b"kept"
            assert running(node.name)
            assert node.management_url.startswith("http://127.0.0.1:")
        finally:
            node.stop()
        assert not running(node.name)


@pytest.mark.integration
def test_rabbitmq_ends_with_a_killed_starter(folder: Path) -> None:
    code = (
        "from pathlib import Path; from deploy.local.rabbitmq import PrivateNode;"
        f"PrivateNode(Path({str(folder)!r})).start()"
    )
    name = PrivateNode(folder).name
    kill_a_starter(code, name)
    assert gone(name)


def test_a_missing_server_is_named_with_its_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq, "INSTALLED", folder)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ServerMissing, match="install rabbitmq-server"):
        PrivateNode(folder).start()
