"""Some hundred seeds keep every invariant, and what is careless is found out."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.events import Event
from shared.ledger import Answer, Claim, Standing
from shared.routes import Service
from shared.spending import Call
from simulation.cast import Props
from simulation.invariants import BrokenError
from simulation.ledger import MemoryLedger, MemoryOutbox
from simulation.scenario import run
from simulation.seeds import many

_ROOT = Path(__file__).resolve().parent.parent.parent
_SEEDS = 400


@pytest.mark.xfail(
    strict=False, reason="seed 362 leaves a message in a queue (G) since the kernel was merged"
)
def test_hundreds_of_seeds_keep_the_invariants() -> None:
    tally = many(range(_SEEDS))
    assert tally.broken == []
    assert tally.seeds == _SEEDS
    # What is to be shown did happen: jobs that ended in each way, and workers that died in a call.
    assert set(tally.statuses) == {"completed", "failed", "cancelled"}
    assert tally.unknown > 0


def test_a_seed_tells_the_same_story_each_time() -> None:
    stories = {
        subprocess.run(
            [sys.executable, "-c", "from simulation.scenario import run; print(run(3), run(17))"],
            cwd=_ROOT,
            env={**os.environ, "PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashing in ("1", "2", "3")
    }
    assert len(stories) == 1


@pytest.mark.parametrize("seed", [7, 728, 3579])
def test_seeds_that_once_broke(seed: int) -> None:
    assert run(seed).seed == seed


class Greedy(MemoryLedger):
    """Gives a unit away that is in other hands."""

    async def claim(self, event: Event, unit: str, **terms: Any) -> Claim:
        found = await super().claim(event, unit, **terms)
        return Claim(Standing.CLAIMED, 1) if found.standing is Standing.LEASED else found


class Deaf(MemoryLedger):
    """Does not hear of cancels."""

    async def claim(self, event: Event, unit: str, **terms: Any) -> Claim:
        found = await super().claim(event, unit, **terms)
        return Claim(Standing.CLAIMED, 1) if found.standing is Standing.CANCELLED else found


class Countless(MemoryLedger):
    """Does not tell how often a unit has failed."""

    async def claim(self, event: Event, unit: str, **terms: Any) -> Claim:
        return replace(await super().claim(event, unit, **terms), attempts=0)


class Immortal(MemoryLedger):
    """Does not tell how often a unit has seen a death."""

    async def claim(self, event: Event, unit: str, **terms: Any) -> Claim:
        return replace(await super().claim(event, unit, **terms), deaths=0)


class Silent(MemoryLedger):
    """Does not note what was spent."""

    async def spend(self, event: Event, unit: str, service: Service, calls: Sequence[Call]) -> None:
        await super().spend(event, unit, service, calls[:0])


class Forgetful(MemoryLedger):
    """Keeps no answer."""

    async def keep(self, answer: Answer) -> None:
        await super().keep(replace(answer, key="the same for all", output=None))


class Hoarding(MemoryOutbox):
    """Keeps what a crash has left."""

    async def unpublished(self, service: Service, age: float, most: int) -> list[Event]:
        await super().unpublished(service, age, most)
        return []


@pytest.mark.parametrize(
    ("props", "letters"),
    [
        (Props(ledger=Greedy), "B"),
        (Props(ledger=Deaf), "BFG"),
        (Props(outbox=Hoarding), "AC"),
        (Props(ledger=Countless), "AB"),
        (Props(ledger=Immortal), "AB"),
        (Props(ledger=Silent), "B"),
        (Props(ledger=Forgetful), "B"),
    ],
)
def test_carelessness_is_found_out(props: Props, letters: str) -> None:
    found = (broken for seed in range(40) if (broken := _broken(seed, props)))
    assert next(found, "none") in letters


def _broken(seed: int, props: Props) -> str | None:
    try:
        run(seed, props)
    except BrokenError as error:
        return str(error)[0]
    return None
