"""Many seeds on all cores, added up."""

import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from simulation.scenario import Report, run


@dataclass
class Tally:
    """What seeds added up to; `broken` has a line a seed under which an invariant did not hold."""

    seeds: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    unknown: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, found: Report | str) -> None:
        """Add a seed's report, or the line about what broke."""
        self.seeds += 1
        if isinstance(found, str):
            self.broken.append(found)
            return
        self.statuses.update(found.statuses)
        self.calls += found.calls
        self.unknown += found.unknown


def tried(seed: int) -> Report | str:
    """Run a seed; return its report, or what broke."""
    try:
        return run(seed)
    except Exception as error:  # noqa: BLE001 - whatever breaks is the finding
        return f"seed {seed}: {type(error).__name__}: {error}"


def many(seeds: Iterable[int]) -> Tally:
    """Run seeds side by side."""
    tally = Tally()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
        for found in processes.map(tried, seeds, chunksize=8):
            tally.add(found)
    return tally
