"""What the ledger and the outbox promise, on PostgreSQL and in memory alike."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.database import Database
from shared.events import Event, TranscriptionCompleted, TranscriptionRequested
from shared.ledger import Answer, Claim, Outcome, Standing
from shared.routes import Service
from tests.contract.conftest import Stage

pytestmark = pytest.mark.integration

UNIT = "window/0"


@pytest.fixture
def database(stage: Stage) -> Database[Any]:
    return stage.database(Service.TRANSCRIBER)


async def claim(  # noqa: PLR0913 - what a claim consists of
    database: Database[Any],
    event: Event,
    unit: str = UNIT,
    *,
    lease: float = 30,
    owner: str | None = None,
    alone: bool = False,
) -> Claim:
    """Claim a unit, by default for somebody new."""
    return await database.alone.ledger.claim(
        event,
        unit,
        service=Service.TRANSCRIBER,
        owner=owner or str(uuid4()),
        lease=lease,
        alone=alone,
    )


async def test_a_unit_is_claimed_once_and_settled_once(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    ledger = database.alone.ledger
    assert await claim(database, window) == Claim(Standing.CLAIMED, 1)
    assert (await claim(database, window)).standing is Standing.LEASED
    assert await ledger.renew(window, UNIT, 1, 30)
    assert not await ledger.renew(window, UNIT, 2, 30)
    assert not await ledger.settle(window, UNIT, 2, Outcome("done"))
    assert await ledger.settle(window, UNIT, 1, Outcome("done"))
    assert not await ledger.settle(window, UNIT, 1, Outcome("done"))
    assert not await ledger.renew(window, UNIT, 1, 30)
    assert (await claim(database, window)).standing is Standing.DONE


async def test_what_waits_is_early_until_it_is_due(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    ledger = database.alone.ledger
    await claim(database, window)
    assert await ledger.settle(window, UNIT, 1, Outcome("waiting", "quota", 0.5))
    early = await claim(database, window)
    assert early.standing is Standing.EARLY
    assert 0 < early.after <= 0.5
    await asyncio.sleep(0.6)
    assert await claim(database, window) == Claim(Standing.CLAIMED, 2)
    assert await ledger.settle(window, UNIT, 2, Outcome("failed", "refused"))
    assert (await claim(database, window)).standing is Standing.FAILED


async def test_a_claim_whose_answer_was_lost_is_given_once_more(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    ledger = database.alone.ledger
    for lease in (0, 30, 30):
        assert await claim(database, window, lease=lease, owner="a") == Claim(Standing.CLAIMED, 1)
        await asyncio.sleep(0.01)
    assert (await claim(database, window, owner="b")).standing is Standing.LEASED
    assert await ledger.settle(window, UNIT, 1, Outcome("waiting"))
    assert await claim(database, window, owner="a") == Claim(Standing.CLAIMED, 2)
    assert (await claim(database, window, owner="b")).standing is Standing.LEASED


async def test_a_lease_that_ran_out_is_a_death_and_taken_over_by_who_is_alone(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    ledger = database.alone.ledger
    await claim(database, window, lease=0)
    await asyncio.sleep(0.01)
    assert await claim(database, window, lease=0) == Claim(Standing.ALONE)
    second = await claim(database, window, lease=0, alone=True)
    assert second == Claim(Standing.CLAIMED, 2, deaths=1)
    assert not await ledger.settle(window, UNIT, 1, Outcome("done"))
    assert await ledger.settle(window, UNIT, 2, Outcome("waiting"))
    assert await claim(database, window) == Claim(Standing.ALONE)
    third = await claim(database, window, lease=0, alone=True)
    assert third == Claim(Standing.CLAIMED, 3, deaths=1)
    await asyncio.sleep(0.01)
    # With a lease of its own of 0 s, since one lasts as long again after the server's start.
    fourth = await claim(database, window, lease=0, alone=True)
    assert fourth == Claim(Standing.CLAIMED, 4, deaths=2)


async def test_what_failed_is_counted_and_what_only_waited_is_not(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    ledger = database.alone.ledger
    outcomes = (
        Outcome("waiting", "quota"),
        Outcome("waiting", "reset", failed=True),
        Outcome("waiting", "told to end", unknown=True),
        Outcome("waiting", "crashed", failed=True, child_died=True),
    )
    for fence, outcome in enumerate(outcomes, 1):
        assert (await claim(database, window)).fence == fence
        assert await ledger.settle(window, UNIT, fence, outcome)
    # A child's death leaves its worker alive: the unit may run beside others.
    assert await claim(database, window) == Claim(Standing.CLAIMED, 5, attempts=2, deaths=1)


async def test_what_cost_nothing_is_done_without_an_answer(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    ledger = database.alone.ledger
    await claim(database, window)
    assert not await ledger.complete(window, UNIT, 2, None)
    assert await ledger.complete(window, UNIT, 1, None)
    assert (await claim(database, window)).standing is Standing.DONE
    assert await ledger.kept("") is None


async def test_a_cancel_and_a_later_epoch_close_the_job(
    database: Database[Any], window: TranscriptionRequested, stage: Stage
) -> None:
    ledger = database.alone.ledger
    await claim(database, window)
    async with stage.database(Service.GATEWAY).transaction() as work:
        assert (await work.rows.cancel(window.job_id)).kind == "job.cancel"
        assert await work.rows.retry(window.job_id) is None
    assert not await ledger.renew(window, UNIT, 1, 30)
    assert (await claim(database, window, "window/1")).standing is Standing.CANCELLED
    assert (await claim(database, window)).standing is Standing.CANCELLED
    assert await ledger.settle(window, UNIT, 1, Outcome("done"))
    later = window.model_copy(update={"epoch": 2})
    assert (await claim(database, later)).standing is Standing.CANCELLED


async def test_the_first_answer_to_a_content_stays(database: Database[Any]) -> None:
    ledger = database.alone.ledger
    assert await ledger.kept("k") is None
    await ledger.keep(Answer("k", Service.DOCGEN, {"title": "Señal"}, "offline"))
    await ledger.keep(Answer("k", Service.DOCGEN, {"title": "other"}, "offline"))
    assert await ledger.kept("k") == {"title": "Señal"}


async def test_what_a_transaction_wrote_goes_with_it(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    await claim(database, window)
    with pytest.raises(ValueError, match="on purpose"):
        await _broken_off(database, window)
    assert await database.alone.ledger.kept("k") is None
    assert (await claim(database, window)).standing is Standing.LEASED


async def _broken_off(database: Database[Any], window: TranscriptionRequested) -> None:
    async with database.transaction() as work:
        answer = Answer("k", Service.DOCGEN, {}, "offline")
        assert await work.ledger.complete(window, UNIT, 1, answer)
        assert await work.ledger.kept("k") == {}
        message = "on purpose"
        raise ValueError(message)


async def test_the_outbox_holds_an_event_once_until_it_is_published(
    database: Database[Any], window: TranscriptionRequested
) -> None:
    outbox = database.alone.outbox
    first = TranscriptionCompleted.following(window, window=0)
    second = TranscriptionCompleted.following(window, unit="window/1", window=1)
    await outbox.post(Service.TRANSCRIBER, [], cause=UNIT)
    await outbox.post(Service.TRANSCRIBER, [first], cause=UNIT)
    await outbox.post(Service.TRANSCRIBER, [first, second], cause="window/1")
    assert await outbox.of_unit(window, UNIT, Service.TRANSCRIBER) == [first]
    assert await outbox.of_unit(window, UNIT, Service.DOCGEN) == []
    other = window.model_copy(update={"epoch": 2})
    assert await outbox.of_unit(other, UNIT, Service.TRANSCRIBER) == []
    async with database.transaction() as work:
        assert await work.outbox.unpublished(Service.TRANSCRIBER, 60, 9) == []
        assert await work.outbox.unpublished(Service.DOCGEN, 0, 9) == []
        assert await work.outbox.unpublished(Service.TRANSCRIBER, 0, 1) == [first]
        assert await work.outbox.unpublished(Service.TRANSCRIBER, 0, 9) == [first, second]
    await outbox.published([first.id])
    assert await outbox.of_unit(window, UNIT, Service.TRANSCRIBER) == []
    async with database.transaction() as work:
        assert await work.outbox.unpublished(Service.TRANSCRIBER, 0, 9) == [second]
