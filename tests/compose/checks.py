"""What has to hold of Docreel in containers, a function each."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose.engine import ROOT, CheckError, Engine

_SAMPLE = ROOT / "samples" / "sample.mp4"
_DOCREEL = Path(sys.executable).with_name("docreel")
_REPLICAS = 4
_JOBS = 8
_WORKERS = ("transcriber", "docgen", "translator", "progress")

# Each prints "allowed" where its container could do what it must not.
_PUBLISH = """
import asyncio, aio_pika
async def main():
    async with await aio_pika.connect(open('/run/secrets/amqp_url').read()) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange('video.events', ensure=False)
        await exchange.publish(aio_pika.Message(b'{}'), 'video.process')
        print('allowed')
asyncio.run(main())
"""
_READ = """
import asyncio, aio_pika
async def main():
    async with await aio_pika.connect(open('/run/secrets/amqp_url').read()) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue('docgen.work', ensure=False)
        await queue.get(fail=False)
        print('allowed')
asyncio.run(main())
"""
_UPDATE = """
import asyncio, asyncpg
async def main():
    db = await asyncpg.connect(open('/run/secrets/database_url').read())
    print(await db.fetchval('select current_user'))
    await db.execute("update processing_jobs set status = 'completed'")
    print('allowed')
asyncio.run(main())
"""
_WRITE = "open('/app/changed', 'w'); print('allowed')"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _process(engine: Engine, languages: str = "es,ca,gl") -> None:
    with TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own command
            [_DOCREEL, "process", _SAMPLE, "--languages", languages, "--out", folder],
            env={"DOCREEL_URL": engine.url, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        written = sorted(path.name for path in Path(folder, "docs").glob("*"))
    if done.returncode or written != sorted(["en", *languages.split(",")]):
        message = f"the job ended with {done.returncode}, {written}:\n{done.stdout[-2000:]}"
        raise CheckError(message + done.stderr[-2000:])


def sample(engine: Engine) -> None:
    """The sample video is completed, through the command."""
    _process(engine)
    _say("the sample is completed, in en, es, ca and gl")


def scaling(engine: Engine) -> None:
    """Four translators share the work; three of them leave in the middle, and nothing is lost."""
    engine.up(translator=_REPLICAS)
    engine.until("four consumers", lambda: engine.queues()["translator.work"][1] == _REPLICAS, 60)
    _say("four consumers on translator.work")
    before = int(engine.sql("select count(*) from work_units")[0][0])
    with ThreadPoolExecutor(_JOBS) as pool:
        jobs = [pool.submit(_process, engine) for _ in range(_JOBS)]
        engine.until(
            "translations under way by all four",
            lambda: len(_owners(engine)) >= _REPLICAS,
        )
        _say("all four took work; now scaling back to one")
        engine.up(translator=1)
        for job in jobs:
            job.result()
    _nothing_repeated(engine)
    after = int(engine.sql("select count(*) from work_units")[0][0])
    _say(f"{_JOBS} jobs completed while three of four left; {after - before} units, none repeated")


def _owners(engine: Engine) -> set[str]:
    names = {container[:12] for container in engine.containers("translator")}
    rows = engine.sql("select distinct owner from work_units where service = 'translator'")
    return names & {row[0].partition(":")[0] for row in rows}


def restarts(engine: Engine) -> None:
    """Every service is restarted in turn while jobs run; the broker and the database as well."""
    with ThreadPoolExecutor(_JOBS) as pool:
        jobs = [pool.submit(_process, engine) for _ in range(_JOBS)]
        for name in (*_WORKERS, "rabbitmq", "postgres", "gateway"):
            engine.compose("restart", name)
            engine.await_healthy(name)
            _say(f"restarted {name}")
        for job in jobs:
            job.result()
    _nothing_repeated(engine)
    _say(f"{_JOBS} jobs completed through a restart of everything")


def _nothing_repeated(engine: Engine) -> None:
    open_jobs = engine.sql("select id, status from processing_jobs where status <> 'completed'")
    unknown = engine.sql("select job_id, unit from work_units where unknown_calls > 0")
    undone = engine.sql("select job_id, unit, state from work_units where state <> 'done'")
    dead = [name for name, (n, _) in engine.queues().items() if n and "dead" in name]
    if open_jobs or unknown or undone or dead:
        message = f"open {open_jobs}, perhaps paid twice {unknown}, undone {undone}, dead {dead}"
        raise CheckError(message)


def rights(engine: Engine) -> None:
    """The translator can neither start jobs, nor read docgen's queue, nor write a job's state."""
    for what, program, refusal in (
        ("publish video.process", _PUBLISH, "access to topic 'video.process'"),
        ("read docgen.work", _READ, "access to queue 'docgen.work'"),
        ("update processing_jobs", _UPDATE, "permission denied for table processing_jobs"),
        ("write to its file system", _WRITE, "Read-only file system"),
    ):
        told = engine.python("translator", program)
        if "allowed" in told or refusal not in told:
            message = f"the translator was to be refused to {what}:\n{told[-1500:]}"
            raise CheckError(message)
        _say(f"the translator cannot {what}")


def any_user(engine: Engine) -> None:
    """A translator with an arbitrary user id works."""
    name = f"{engine.name}-anybody"
    engine.compose("stop", "translator")
    engine.compose("run", "-d", "--rm", "--name", name, "--user", "54321:0", "translator",
                   "services.translator")  # fmt: skip
    try:
        user = engine.docker("exec", name, "python", "-c", "import os; print(os.getuid())")
        if user.strip() != "54321":
            message = f"the container runs as {user!r}"
            raise CheckError(message)
        _process(engine, "gl")
        _say("a translator with user id 54321 did all of a job's translations")
    finally:
        engine.docker("stop", name)
        engine.compose("start", "translator")


CHECKS = (sample, scaling, rights, any_user, restarts)
