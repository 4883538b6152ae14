"""What must hold whatever happens: invariants A to G of the design.

A every accepted job ends. B each unit is paid at most once, plus at most once for each call marked
`unknown`. C no confirmed event is lost. D progress never goes back within an epoch. E a terminal
state stays terminal. F no new spend after a cancel. G queues drain; dead queues hold only what is
expected.
"""

from services.progress.domain.summary import TERMINAL
from shared.inprocess import Hub
from shared.routes import CONSUMERS
from simulation.engines import Bank
from simulation.world import Job, Tables


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


def at_the_end(tables: Tables, bank: Bank, hub: Hub) -> None:
    """Check A, B, C, F and G once nothing moves any more."""
    for job in tables.jobs.values():
        _check("A", job.shown.status in TERMINAL, "has not ended", job)
        if job.cancel_requested_at is not None:
            _check("A", job.shown.status != "failed", "failed though it was cancelled", job)
    for key, account in bank.accounts.items():
        unit = tables.units.get(key)
        unknown = unit.unknown if unit else 0
        _check("B", account.paid <= 1 + unknown, "paid too often", key, account, unit)
    for row in tables.outbox.values():
        _check("C", row.published, "was never published", row)
    _check("F", not bank.late, "calls long after a cancel", bank.late)
    _check("G", hub.idle, "messages are left")
    for service in CONSUMERS:
        _check("G", not hub.dead(service), "dead letters of", service, hub.dead(service))


def of_completed(job: Job, tables: Tables, pieces: int) -> None:
    """Check that a completed job hides no hole: what is missing is named."""
    named = len(job.shown.issues)
    done = sum(
        unit.state == "done"
        for (one, epoch, _), unit in tables.units.items()
        if (one, epoch) == (job.id, job.epoch)
    )
    failed = sum(
        unit.state == "failed"
        for (one, epoch, _), unit in tables.units.items()
        if (one, epoch) == (job.id, job.epoch)
    )
    _check("A", failed == named, failed, "units failed and", named, "are named", job)
    _check("A", failed or done == pieces, done, "of", pieces, "units are done", job)
