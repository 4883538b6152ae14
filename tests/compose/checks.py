"""What has to hold of Docreel in containers, a function each."""

import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.compose.engine import HOST, ROOT, CheckError, Engine
from tests.compose.jobs import nothing_repeated, process, say
from tests.compose.monitoring import monitoring
from tests.compose.rolling import restarts
from tests.compose.runbook import backup, rotation, upgrade
from tests.compose.supabase import supabase
from tests.support.collector import collecting, faults

_REPLICAS = 4
_JOBS = 8
_SERVICES = ("gateway", "transcriber", "docgen", "translator", "progress")

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


def sample(engine: Engine) -> None:
    """The sample video is completed, through the command."""
    process(engine)
    say("the sample is completed, in en, es, ca and gl")


def trace(engine: Engine) -> None:
    """A job's spans are one trace across the five services, at a collector outside of them."""
    # What is kept by content needs no call.
    engine.sql("delete from ai_results")
    with collecting("0.0.0.0") as collector:  # noqa: S104 - containers come from their own network
        address = f"http://{HOST}:{collector.port}"
        engine.with_settings(OTEL_EXPORTER_OTLP_ENDPOINT=address).up()
        process(engine)
        engine.up()  # without it: the services that end send their last spans
        (spans,) = collector.traces()
    found = faults(spans)
    if found:
        message = f"the trace of {len(spans)} spans: {'; '.join(found)}"
        raise CheckError(message)
    services = sorted({span.service for span in spans.values()})
    say(f"one trace of {len(spans)} spans, from {', '.join(services)}")


def scaling(engine: Engine) -> None:
    """Four translators share the work; three of them leave in the middle, and nothing is lost."""
    engine.up(translator=_REPLICAS)
    engine.until("four consumers", lambda: engine.queues()["translator.work"][1] == _REPLICAS, 60)
    say("four consumers on translator.work")
    before = int(engine.sql("select count(*) from work_units")[0][0])
    with ThreadPoolExecutor(_JOBS) as pool:
        jobs = [pool.submit(process, engine) for _ in range(_JOBS)]
        engine.until(
            "translations under way by all four",
            lambda: len(_owners(engine)) >= _REPLICAS,
        )
        say("all four took work; now scaling back to one")
        engine.up(translator=1)
        for job in jobs:
            job.result()
    nothing_repeated(engine)
    after = int(engine.sql("select count(*) from work_units")[0][0])
    say(f"{_JOBS} jobs completed while three of four left; {after - before} units, none repeated")


def _owners(engine: Engine) -> set[str]:
    names = {container[:12] for container in engine.containers("translator")}
    rows = engine.sql("select distinct owner from work_units where service = 'translator'")
    return names & {row[0].partition(":")[0] for row in rows}


def rights(engine: Engine) -> None:
    """The translator can neither start jobs, nor read docgen's queue, nor write a job's state."""
    for what, program, refusal in (
        ("publish video.process", _PUBLISH, "access to topic 'video.process'"),
        ("read docgen.work", _READ, "access to queue 'docgen.work'"),
        ("update processing_jobs", _UPDATE, "permission denied for table processing_jobs"),
    ):
        told = engine.python("translator", program)
        if "allowed" in told or refusal not in told:
            message = f"the translator was to be refused to {what}:\n{told[-1500:]}"
            raise CheckError(message)
        say(f"the translator cannot {what}")


def any_user(engine: Engine) -> None:
    """All services work as a user id drawn by lot, on file systems that they cannot write to."""
    number = 20_000 + secrets.randbelow(40_000)
    anybody = engine.with_file("tests/compose/anybody.yml").with_settings(ANYBODY=f"{number}:0")
    anybody.up()
    for service in _SERVICES:
        user = anybody.compose("exec", "-T", service, "id", "-u").strip()
        if user != str(number):
            message = f"the {service} runs as {user!r}"
            raise CheckError(message)
        told = anybody.python(service, _WRITE)
        if "allowed" in told or "Read-only file system" not in told:
            message = f"the {service} was to be refused to write:\n{told[-1500:]}"
            raise CheckError(message)
    process(anybody)
    say(f"all services as user {number}, on read-only file systems: the sample is completed")
    engine.up()


def testcontainers(engine: Engine) -> None:
    """The tests that bring a broker of their own by testcontainers pass on the same engine."""
    del engine
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_topology.py", "tests/test_broker.py"],
        cwd=ROOT,
        env={**os.environ, "DOCREEL_TEST_BROKER": "container"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode:
        message = f"pytest: {last}\n{done.stdout[-3000:]}"
        raise CheckError(message)
    say(f"on a broker of testcontainers: {last.strip('= ')}")


CHECKS = (
    *(sample, supabase, scaling, rights, any_user, trace, monitoring),
    *(rotation, upgrade, backup, restarts, testcontainers),
)
