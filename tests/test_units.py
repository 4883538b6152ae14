"""Paid units end to end, on a real broker and database: paid once, nothing lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import asyncpg
import pytest

from shared.amqp import RabbitMQ
from shared.broker import Broker
from shared.confirmed import ConfirmedEvents
from shared.database import UnitOfWork
from shared.errors import BlockedError, ChildDiedError, RateLimitedError, TransientError
from shared.events import (
    Event,
    JobFailed,
    TranscriptionCompleted,
    TranscriptionRequested,
    UnitFailed,
    UnitProgressed,
    UnitStarted,
)
from shared.postgres.database import PostgresDatabase
from shared.postgres.statements import Executor, Statements
from shared.relay import relay_once
from shared.routes import Service
from shared.spending import Spending
from shared.topology import declare
from shared.units import MOST_DEATHS, Units
from shared.worker import MOST_ATTEMPTS, Parked, TryAgain, Worker

pytestmark = pytest.mark.integration


class Scripted:
    """A step whose call can wait or fail, and which counts what is paid and stored."""

    engine = "scripted"

    def __init__(
        self,
        *,
        seconds: float = 0,
        failure: BaseException | None = None,
        unstorable: Exception | None = None,
        unfailable: Exception | None = None,
        free: bool = False,
    ) -> None:
        self.seconds = seconds
        self.failure = failure
        self.unstorable = unstorable
        self.unfailable = unfailable
        self.free = free
        self.begun = asyncio.Event()
        self.paid = 0
        self.stored = 0

    async def prepare(self, work: UnitOfWork[Executor], event: Any) -> tuple[str, Any]:
        assert await work.rows.fetchval("select true")
        return f"key of {event.unit}", event.window

    async def call(self, prepared: Any, spent: Spending) -> Any:
        self.begun.set()
        await asyncio.sleep(self.seconds)
        if not self.free:
            spent.add(model="scripted", prompt=100, output=10, cached=40)
        if self.failure is not None:
            raise self.failure
        self.paid += 1
        return {"window": prepared}

    async def store(self, work: UnitOfWork[Executor], event: Any, output: Any) -> Sequence[Event]:
        self.stored += 1
        assert await work.rows.fetchval("select true")
        if self.unstorable is not None:
            raise self.unstorable
        return [TranscriptionCompleted.following(event, window=output["window"])]

    async def fail(self, work: UnitOfWork[Executor], event: Any, reason: str) -> Sequence[Event]:
        assert await work.rows.fetchval("select true")
        if self.unfailable is not None:
            raise self.unfailable
        return [JobFailed.following(event, unit="job", reason=reason)]


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=20) as pool:
        yield pool


@pytest.fixture
async def event(pool: asyncpg.Pool) -> TranscriptionRequested:
    org, project, video, job = (uuid4() for _ in range(4))
    await pool.execute("insert into organizations (id, name) values ($1, 'Acme')", org)
    await pool.execute("insert into projects (id, org_id, name) values ($1, $2, 'P')", project, org)
    await pool.execute(
        "insert into videos (id, project_id, title, filename) values ($1, $2, 'V', 'v.mp4')",
        video,
        project,
    )
    await pool.execute(
        "insert into processing_jobs (id, project_id, video_id) values ($1, $2, $3)",
        job,
        project,
        video,
    )
    return TranscriptionRequested.of(
        job_id=job,
        project_id=project,
        video_id=video,
        unit="window/0",
        window=0,
        windows=1,
        start=0,
        end=9,
    )


def database(pool: asyncpg.Pool) -> PostgresDatabase[Statements]:
    return PostgresDatabase(pool, lambda statements: statements)


def units(pool: asyncpg.Pool, owner: str = "a", lease: float = 30) -> Units[Statements]:
    return Units(database(pool), Service.TRANSCRIBER, owner, lease)


async def confirmed(pool: asyncpg.Pool, events: Sequence[Event]) -> None:
    noting = ConfirmedEvents(database(pool))
    await noting(events)
    await noting.flush()


async def due(pool: asyncpg.Pool) -> None:
    """Let the time pass until units that wait may be tried again."""
    await pool.execute("update work_units set due_at = now()")


async def test_a_unit_asked_for_twice_is_paid_once(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted()
    first = await units(pool).run(step, event)
    again = await units(pool, "b").run(step, event)
    assert [one.id for one in again] == [one.id for one in first]  # not yet published
    await confirmed(pool, first)
    assert await units(pool).run(step, event) == []
    assert (step.paid, step.stored) == (1, 1)


class Halfway(Scripted):
    """A step that tells how far it is, and ends once somebody has heard of it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()
        self.published: list[Event] = []

    async def call(self, prepared: Any, spent: Spending) -> Any:
        spent.reach(0.5)
        spent.reach(0.25)  # no more is taken back than a cue that is read again
        await self.heard.wait()
        return await super().call(prepared, spent)

    async def publish(self, events: Sequence[Event]) -> None:
        self.published += events
        if any(isinstance(one, UnitProgressed) for one in events):
            self.heard.set()


async def test_how_far_a_call_is_is_told_while_it_goes_on(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Halfway()
    telling = replace(units(pool), broker=cast("Broker", step))
    await telling.run(step, event)
    begun, progressed = step.published
    assert isinstance(begun, UnitStarted)
    assert isinstance(progressed, UnitProgressed)
    # The fence is the attempt, so that a later claim's news outranks an earlier one's.
    assert (progressed.percent, progressed.attempt, progressed.unit) == (50, 1, "window/0")


async def test_a_unit_in_other_hands_is_parked(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted(seconds=0.5)
    running = asyncio.create_task(units(pool).run(step, event))
    await step.begun.wait()
    with pytest.raises(Parked):
        await units(pool, "b").run(step, event)
    await running
    assert step.paid == 1


async def test_a_call_longer_than_its_lease_keeps_it(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted(seconds=1.5)
    running = asyncio.create_task(units(pool, lease=0.6).run(step, event))
    await asyncio.sleep(1)
    with pytest.raises(Parked):
        await units(pool, "b").run(step, event)
    assert len(await running) == 1


async def test_a_cancel_ends_the_call_that_runs(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted(seconds=60)
    running = asyncio.create_task(units(pool, lease=0.6).run(step, event))
    await step.begun.wait()
    await pool.execute("update processing_jobs set cancel_requested_at = now()")
    with pytest.raises(Parked):
        await asyncio.wait_for(running, 10)
    assert await units(pool).run(step, event) == []
    assert step.paid == 0


async def test_a_failure_in_passing_frees_the_unit_and_one_for_good_ends_it(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    with pytest.raises(TryAgain):
        await units(pool).run(Scripted(failure=TransientError("reset")), event)
    with pytest.raises(Parked) as early:
        await units(pool).run(Scripted(), event)
    assert 0 < early.value.after <= 1
    await due(pool)
    ended = await units(pool).run(Scripted(failure=BlockedError("no")), event)
    assert [one.kind for one in ended] == ["unit.failed", "job.failed"]
    await confirmed(pool, ended)
    assert await units(pool).run(Scripted(), event) == []
    assert await pool.fetchval("select reason from work_units") == "no"


async def test_a_second_epoch_pays_only_for_what_is_not_kept(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted()
    await units(pool).run(step, event)
    await pool.execute("update processing_jobs set epoch = 2")
    later = TranscriptionRequested.of(
        job_id=event.job_id,
        project_id=event.project_id,
        video_id=event.video_id,
        unit=event.unit,
        epoch=2,
        window=0,
        windows=1,
        start=0,
        end=9,
    )
    assert len(await units(pool).run(step, later)) == 1
    assert (step.paid, step.stored) == (1, 2)


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitMQ]:
    await declare(amqp_url)
    broker = RabbitMQ(amqp_url, Service.TRANSCRIBER)
    await broker.connect()
    yield broker
    await broker.close()


class Counting:
    """A real broker, and how many events were published through it."""

    def __init__(self, broker: RabbitMQ) -> None:
        self.broker = broker
        self.published = 0
        self.consume = broker.consume
        self.stop_consuming = broker.stop_consuming
        self.close = broker.close

    async def publish(self, events: Sequence[Event]) -> None:
        self.published += len(events)
        await self.broker.publish(events)


async def test_two_relays_at_once_publish_what_a_crash_left_once(
    pool: asyncpg.Pool, event: TranscriptionRequested, broker: RabbitMQ
) -> None:
    await units(pool).run(Scripted(), event)  # and the worker dies here, before it published
    counting: Broker = Counting(broker)
    assert await relay_once(database(pool), counting, Service.DOCGEN, 0) == 0
    both = await asyncio.gather(
        *(relay_once(database(pool), counting, Service.TRANSCRIBER, 0) for _ in range(2))
    )
    assert sorted(both) == [0, 1]
    assert await relay_once(database(pool), counting, Service.TRANSCRIBER, 0) == 0


async def test_an_event_delivered_ten_times_is_paid_once(
    pool: asyncpg.Pool, event: TranscriptionRequested, broker: RabbitMQ
) -> None:
    step = Scripted(seconds=0.2)
    mine = units(pool, lease=1)
    worker = Worker(
        Service.TRANSCRIBER,
        broker,
        lambda one: mine.run(step, one),
        prefetch=10,
        confirmed=ConfirmedEvents(database(pool)),
    )
    await worker.start()
    await broker.publish([event] * 10)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if await pool.fetchval("select count(*) from outbox where published_at is not null"):
            break
    await asyncio.sleep(1.5)  # those that were parked come back
    await worker.drain(grace=5)
    assert (step.paid, step.stored) == (1, 1)
    assert await pool.fetchval("select sum(unknown_calls) from work_units") == 0


async def climbed(
    pool: asyncpg.Pool, step: Scripted, event: TranscriptionRequested, most: int = MOST_ATTEMPTS
) -> list[Event]:
    """Return what ends a unit whose message comes each time as if it were new."""
    for attempt in range(1, most):
        with pytest.raises(TryAgain):
            await units(pool).run(step, event)
        assert await pool.fetchval("select attempts from work_units") == attempt
        await due(pool)
    return list(await units(pool).run(step, event))


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (TransientError("reset"), "reset"),
        (ValueError("a\0b"), "An error inside Docreel: ValueError: a\ufffdb"),
        (RecursionError(), "An error inside Docreel: RecursionError"),
        (asyncio.CancelledError(), "An error inside Docreel: CancelledError"),
    ],
)
async def test_attempts_are_counted_whatever_the_message_says_and_the_last_one_ends_the_unit(
    pool: asyncpg.Pool, event: TranscriptionRequested, failure: BaseException, reason: str
) -> None:
    ended = await climbed(pool, Scripted(failure=failure), event)
    assert [one.kind for one in ended] == ["unit.failed", "job.failed"]
    (told,) = [one.reason for one in ended if isinstance(one, UnitFailed)]
    assert told == f"{reason} (tried 8 times; retry the job, and report this if it stays)"
    assert await pool.fetchval("select count(*) from ai_calls") == MOST_ATTEMPTS


async def test_the_first_attempts_are_seconds_apart_and_later_ones_no_longer_than_is_set(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    patient = Units(database(pool), Service.TRANSCRIBER, "a", longest_wait=30)
    waits = []
    for _ in range(4):
        with pytest.raises(TryAgain) as again:
            await patient.run(Scripted(failure=ValueError()), event)
        waits.append(again.value.after)
        await due(pool)
    assert waits == [1, 10, 30, 30]


@pytest.mark.parametrize("free", [False, True])
async def test_a_store_that_never_succeeds_costs_one_call_which_is_noted(
    pool: asyncpg.Pool, event: TranscriptionRequested, *, free: bool
) -> None:
    class Violating(Scripted):
        async def store(self, work: UnitOfWork[Executor], event: Any, output: Any) -> Any:
            await super().store(work, event, output)
            await work.rows.execute("update videos set duration = -1")

    step = Violating(free=free)
    ended = await climbed(pool, step, event)
    assert [one.kind for one in ended] == ["unit.failed", "job.failed"]
    assert "CheckViolationError" in str(await pool.fetchval("select reason from work_units"))
    assert (step.paid, step.stored) == (1, MOST_ATTEMPTS)
    assert await pool.fetchval("select count(*) from ai_calls") == (0 if free else 1)


async def test_an_answer_outlives_a_store_that_fails_once(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted(unstorable=KeyError("segments"))
    with pytest.raises(TryAgain):
        await units(pool).run(step, event)
    step.unstorable = None
    await due(pool)
    ended = await units(pool, "b").run(step, event)
    assert [one.kind for one in ended] == ["transcription.completed"]
    assert (step.paid, step.stored) == (1, 2)


async def test_an_answer_that_cannot_be_kept_is_not_paid_for_again(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    await pool.execute("alter table ai_results add check (key <> 'key of window/0')")
    step = Scripted()
    ended = await units(pool).run(step, event)
    assert [one.kind for one in ended] == ["unit.failed", "job.failed"]
    assert "could not be kept" in str(await pool.fetchval("select reason from work_units"))
    assert (step.paid, step.stored) == (1, 0)
    assert await pool.fetchval("select count(*) from ai_calls") == 1


async def test_what_an_answer_holds_is_stored_whatever_its_characters(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    class Odd(Scripted):
        async def call(self, prepared: Any, spent: Spending) -> Any:
            return {**await super().call(prepared, spent), "text": "a\0\ud800b"}

        async def store(self, work: UnitOfWork[Executor], event: Any, output: Any) -> Any:
            assert output["text"] == "a\ufffd?b"
            return await super().store(work, event, output)

    assert len(await units(pool).run(Odd(), event)) == 1


async def test_a_unit_whose_failing_fails_is_settled_all_the_same_and_ends_its_job(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted(failure=BlockedError("no"), unfailable=ValueError("in fail"))
    ended = await units(pool).run(step, event)
    assert [(one.kind, one.unit) for one in ended] == [
        ("unit.failed", "window/0"),
        ("unit.failed", "job"),
    ]
    assert await pool.fetchval("select state from work_units") == "failed"
    assert step.paid == 0


async def test_a_child_that_dies_each_time_fails_the_unit_at_its_third_death(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    reason = "The decoder crashed on this file."
    step = Scripted(failure=ChildDiedError(reason))
    ended = await climbed(pool, step, event, MOST_DEATHS)
    assert [one.kind for one in ended] == ["unit.failed", "job.failed"]
    assert await pool.fetchval("select reason from work_units") == reason


async def test_a_unit_that_saw_three_deaths_is_given_up_without_a_call(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    step = Scripted()
    for owner in "abc":
        claim = await database(pool).alone.ledger.claim(
            event, event.unit, service=Service.TRANSCRIBER, owner=owner, lease=30, alone=True
        )
        assert claim.deaths < MOST_DEATHS
        await pool.execute("update work_units set lease_until = now() - interval '1 day'")
    ended = await units(pool, "d", lease=0).run(step, event)
    assert [one.kind for one in ended] == ["unit.failed", "job.failed"]
    assert "3 processes died" in str(await pool.fetchval("select reason from work_units"))
    assert step.paid == 0


async def test_a_unit_that_saw_a_death_runs_alone_in_its_process(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    mine = units(pool)
    beside = [
        event.model_copy(update={"unit": f"window/{n}", "id": uuid4(), "window": n})
        for n in range(1, 4)
    ]
    dangerous, others = Scripted(seconds=0.3), Scripted(seconds=0.3)
    with pytest.raises(TryAgain):
        await mine.run(Scripted(failure=TransientError("once")), event)
    await pool.execute("update work_units set deaths = 1, due_at = now()")
    inside: list[str] = []

    async def watched(step: Scripted, one: TranscriptionRequested) -> None:
        running = asyncio.create_task(mine.run(step, one))
        while not running.done():
            await asyncio.sleep(0.02)
            held = await pool.fetch("select unit from work_units where state = 'running'")
            inside.append(" ".join(sorted(row["unit"] for row in held)))
        await running

    await asyncio.gather(watched(dangerous, event), *(watched(others, one) for one in beside))
    assert any(event.unit in units for units in inside)
    assert not any(event.unit in units and " " in units for units in inside)
    assert (dangerous.paid, others.paid) == (1, 3)


async def test_answers_within_a_unit_are_kept_each_by_itself(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    asked: list[str] = []

    class Twofold(Scripted):
        async def call(self, prepared: Any, spent: Spending) -> Any:
            async def ask(question: str) -> Any:
                async def answer() -> str:
                    asked.append(question)
                    spent.add(model="scripted", prompt=1, output=1)
                    return question.upper()

                return await spent.once(question, answer)

            told = [await ask("first"), await ask("first"), await ask("second")]
            assert told == ["FIRST", "FIRST", "SECOND"]
            return await super().call(prepared, spent)

    with pytest.raises(TryAgain):
        await units(pool).run(Twofold(failure=ValueError("after them"), free=True), event)
    assert asked == ["first", "first", "second"]
    await due(pool)
    assert len(await units(pool, "b").run(Twofold(free=True), event)) == 1
    assert asked == ["first", "first", "second"]
    assert await pool.fetchval("select count(*) from ai_calls") == 3


async def test_what_calls_used_is_noted_whatever_becomes_of_the_unit(
    pool: asyncpg.Pool, event: TranscriptionRequested
) -> None:
    for failure, raised in ((RateLimitedError(0), RateLimitedError), (TransientError(), TryAgain)):
        with pytest.raises(raised):
            await units(pool, "a").run(Scripted(failure=failure), event)
        await pool.execute("update work_units set due_at = now()")
    await units(pool, "a").run(Scripted(failure=BlockedError("no")), event)
    other = event.model_copy(update={"unit": "window/1", "id": uuid4(), "window": 1})
    await units(pool, "a").run(Scripted(), other)
    await units(pool, "a").run(Scripted(), other)  # done: nothing is called
    rows = await pool.fetch(
        "select unit, calls, prompt_tokens, output_tokens, cached_tokens, cost "
        "from ai_usage order by unit"
    )
    assert [tuple(row) for row in rows] == [
        ("window/0", 3, 300, 30, 120, None),
        ("window/1", 1, 100, 10, 40, None),
    ]
    await pool.execute("insert into ai_prices values ('scripted', '2020-01-01', 1, 0.5, 10)")
    await pool.execute("insert into ai_prices values ('scripted', '2100-01-01', 9, 9, 9)")
    cost = await pool.fetchval("select cost from ai_usage where unit = 'window/1'")
    assert float(cost) == pytest.approx((60 * 1 + 40 * 0.5 + 10 * 10) / 1e6)
