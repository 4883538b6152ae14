"""What docs/operations.md tells to do, done as it says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose.engine import CheckError, Engine
from tests.compose.jobs import nothing_repeated, process, say

_IMAGES = ("setup", "gateway", "transcriber", "docgen", "translator", "progress")
_STORAGE = ("--entrypoint", "tar", "gateway", "-C", "/var/lib/docreel")

_ADMITTED = """
import asyncio, aio_pika, asyncpg
async def main():
    for what, connect, url in (("broker", aio_pika.connect, {amqp!r}),
                               ("database", asyncpg.connect, {database!r})):
        try:
            connection = await connect(url)
            await connection.close()
            print(what, "admits")
        except Exception as error:
            print(what, "refuses")
asyncio.run(main())
"""


def rotation(engine: Engine) -> None:
    """A service's passwords are changed while a job runs; the old ones are good for nothing."""
    old = _passwords(engine)
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(process, engine)
        engine.compose("run", "--rm", "-T", "--entrypoint", "rm", "secrets",
                       "/secrets/docgen/amqp_url", "/secrets/docgen/database_url")  # fmt: skip
        engine.compose("run", "--rm", "-T", "secrets")
        engine.compose("run", "--rm", "-T", "accounts")
        engine.compose("exec", "-T", "rabbitmq", "rabbitmqctl", "import_definitions",
                       "/run/docreel/definitions.json")  # fmt: skip
        engine.compose("restart", "docgen")
        job.result()
    for passwords, answer in ((_passwords(engine), "admits"), (old, "refuses")):
        told = engine.python("docgen", _ADMITTED.format(**passwords))
        if told.split() != ["broker", answer, "database", answer]:
            message = f"{answer}? {told[-1500:]}"
            raise CheckError(message)
    nothing_repeated(engine)
    say("docgen's passwords were changed under a job; the old ones are refused")


def _passwords(engine: Engine) -> dict[str, str]:
    return {
        name: engine.compose("exec", "-T", "docgen", "cat", f"/run/secrets/{name}_url").strip()
        for name in ("amqp", "database")
    }


def upgrade(engine: Engine) -> None:
    """Images of another version replace the present ones, and are replaced again, under jobs."""
    for name in _IMAGES:
        engine.docker("tag", f"docreel/{name}:local", f"docreel/{name}:next")
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(process, engine) for _ in range(4)]
        following = engine.with_settings(DOCREEL_VERSION="next")
        following.compose("up", "-d", "--no-deps", "translator")
        following.await_healthy("translator")
        following.up()
        engine.up()
        for job in jobs:
            job.result()
    nothing_repeated(engine)
    say("four jobs completed through an upgrade, one service first, and the way back")


def backup(engine: Engine) -> None:
    """All is lost but a dump and an archive: results come back, and are not paid for again."""
    process(engine)
    before = _told(engine)
    with TemporaryDirectory() as folder:
        dump, storage = Path(folder, "docreel.dump"), Path(folder, "storage.tar")
        engine.saved(dump, "exec", "-T", "postgres",
                     "pg_dump", "--username=postgres", "--format=custom", "docreel")  # fmt: skip
        engine.saved(storage, "exec", "-T", "gateway",
                     "sh", "-c", "cd /var/lib/docreel && tar -c *")  # fmt: skip
        engine.compose("down", "--volumes")
        say(f"all volumes are gone; a dump of {dump.stat().st_size / 1e6:.1f} MB is left, "
            f"and {storage.stat().st_size / 1e6:.1f} MB of files")  # fmt: skip
        engine.compose("run", "--rm", "-T", "accounts")
        engine.fed(dump, "exec", "-T", "postgres", "pg_restore", "--username=postgres",
                   "--clean", "--if-exists", "--exit-on-error", "--dbname=docreel")  # fmt: skip
        engine.fed(storage, "run", "--rm", "-T", "--no-deps", *_STORAGE, "-x")
        engine.up()
    after = _told(engine)
    if after != before:
        message = f"jobs, articles, calls: {before} before, {after} after"
        raise CheckError(message)
    process(engine)
    if _told(engine)[2] != before[2]:
        message = f"the same video was paid for again: {before[2]} calls, then {_told(engine)[2]}"
        raise CheckError(message)
    say(f"{before[0]} jobs and {before[1]} articles are back; the same video cost no call")


def _told(engine: Engine) -> tuple[int, ...]:
    ((jobs, articles, calls),) = engine.sql(
        """select (select count(*) from processing_jobs), (select count(*) from articles),
                  (select count(*) from ai_calls)"""
    )
    return int(jobs), int(articles), int(calls)
