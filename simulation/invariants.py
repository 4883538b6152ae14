"""What must hold whatever happens: invariants A to G of the design.

A every accepted job ends. B each unit is paid at most once, plus at most once for each call marked
`unknown`; there are no more calls than attempts, and each is noted. C no confirmed event is lost.
D progress never goes back within an epoch. E a terminal state stays terminal. F no new spend after
a cancel. G queues drain; dead queues hold only what is expected.
"""

from collections import Counter
from collections.abc import Sequence

from services.progress.domain.summary import TERMINAL
from shared.errors import ChildDiedError
from shared.inprocess import Hub
from shared.routes import CONSUMERS, Service
from shared.units import MOST_DEATHS
from shared.worker import MOST_ATTEMPTS
from simulation.engines import Account, Bank, Key
from simulation.troubles import Trouble
from simulation.world import Job, Tables, Unit


class BrokenError(AssertionError):
    """An invariant did not hold; the message begins with its letter."""


def _check(letter: str, held: object, *told: object) -> None:
    if not held:
        message = f"{letter}: {' '.join(map(str, told))}"
        raise BrokenError(message)


def at_commit(before: Tables, after: Tables) -> None:
    """Check D and E between two states of the tables."""
    for one, job in after.jobs.items():
        old = before.jobs.get(one)
        if old is not None and old is not job and old.epoch == job.epoch:
            _between(old, job)


def _between(old: Job, new: Job) -> None:
    was, now = old.shown, new.shown
    _check("D", now.progress >= was.progress, "progress fell", was, now)
    if was.status in TERMINAL:
        _check("E", now.status == was.status, "left its end", was, now)
        _check("E", now.issues == was.issues, "other issues after its end", was, now)


def at_the_end(tables: Tables, bank: Bank, hub: Hub, *, poisoned: bool = False) -> None:
    """Check A, B, C, F and G once nothing moves any more.

    Where progress is `poisoned`, it has dead letters.
    """
    for job in tables.jobs.values():
        _check("A", job.shown.status in TERMINAL, "has not ended", job)
        if job.cancel_requested_at is not None:
            _check("A", job.shown.status != "failed", "failed though it was cancelled", job)
    noted = Counter(key for key, _ in tables.calls.values())
    for key, account in bank.accounts.items():
        _paid(key, account, tables.units.get(key), None if bank.moods.free else noted[key])
    for row in tables.outbox.values():
        _check("C", row.published, "was never published", row)
    _check("F", not bank.late, "calls long after a cancel", bank.late)
    _check("G", hub.idle, "messages are left")
    for service in CONSUMERS:
        if not (poisoned and service is Service.PROGRESS):
            _check("G", not hub.dead(service), "dead letters of", service, hub.dead(service))


def _paid(key: Key, account: Account, unit: Unit | None, noted: int | None) -> None:
    """Check B for one unit; of calls that cost nothing, none are `noted`."""
    unknown, attempts = (unit.unknown, unit.attempts) if unit else (0, 0)
    told = (key, account, unit, noted)
    most = attempts + 1 + account.limited + unknown
    _check("B", account.begun <= most, "more calls than attempts", *told)
    _check("B", attempts < MOST_ATTEMPTS, "too many attempts", *told)
    if noted is None:
        return
    # A call that lost its answer within itself is the only one that another attempt pays again.
    _check("B", account.paid <= 1 + unknown + account.wasted, "paid too often", *told)
    # Who died after an answer has told nobody; of a job that has ended, nobody asks after that.
    silent = unknown + (unit is not None and unit.state == "running")
    _check("B", noted >= account.answered - silent, "paid and not noted", *told)


def of_deaths(tables: Tables, troubles: Sequence[Trouble]) -> None:
    """Check, where nothing else kills processes, that only who kills them is given up for it."""
    deadly = [one.prefix for one in troubles if one.raised in {None, ChildDiedError}]
    for key, unit in tables.units.items():
        died = unit.deaths + unit.child_deaths
        _check("A", died <= MOST_DEATHS, "died too often", key, unit)
        if unit.state == "failed" and died >= MOST_DEATHS:
            _check("A", any(map(key[2].startswith, deadly)), "was given up for others", key, unit)


def of_completed(job: Job, tables: Tables, pieces: int) -> None:
    """Check that a completed job hides no hole: what is missing is named."""
    named, states = len(job.shown.issues), Counter[str]()
    for (one, epoch, unit), row in tables.units.items():
        if (one, epoch) != (job.id, job.epoch) or unit == "transcription":
            continue
        if not unit.startswith("languages/"):
            states[row.state] += 1
        elif row.state == "failed":  # and with it each language that it was to ask for
            states["failed"] += len(job.languages)
    failed, done = states["failed"], states["done"]
    _check("A", failed == named, failed, "units failed and", named, "are named", job)
    _check("A", failed or done == pieces, done, "of", pieces, "units are done", job)
