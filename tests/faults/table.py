"""`python -m tests.faults.table RESULTS`: writes docs/reliability.md from a run's verdicts."""

import json
import sys
from pathlib import Path

from tests.faults.verdict import Verdict

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"

_METHOD = """\
# Reliability: faults and results

Made by `make faults JOBS={jobs}`; run it again instead of editing this page. `make test` runs a
part of it with five jobs.

## Method

Each row is a run of its own on a real RabbitMQ node and a real PostgreSQL server, which the tests
start, kill and restart; database and virtual host are new. The services are the real ones, each a
process: frame, runtime, handlers, ledger, outbox, relay, reaper. Only the engines are scripted:
they cost time and make their output of their input. Every call is written into a file as it begins
and as it is answered, so that the count outlives the process that made it. A job is a video of two
windows and two chapters in two languages: eleven units, each with one call to be paid. No two
videos are alike, so that nothing is found among the results kept by content. Leases last 3 s. A
service that is killed kills itself at the named point, the second time that it comes by, and is
started again; until then it works on one message at a time, so that one call at most is in its
hands. In rows about faults of our own, attempts are a second apart, and services work on eight
messages at a time. Services are behind a TCP proxy where the network is at fault.

A row stands here only if all of this held at its end:

- Every job is completed, without an issue. Of rows about *one unit for ever*, or one that kills,
  this holds for all jobs but the one that has the unit: that ends as well, with what went wrong as
  its only issue or error, after at most 8 attempts or 3 deaths.
- No unit was paid more often than once, and once more for each of its calls that the ledger calls
  *unknown*: begun by a worker that died, and perhaps paid. There are no more unknown calls than the
  fault explains (*allowed*). What each other call used is noted in the database, once.
- No job's progress fell and none left its end: watched by a poller, and by a trigger in the
  database that misses nothing.
- Work and retry queues are empty, dead queues hold exactly the *dead letters* expected, and
  everything in the outbox is published.
- All services end with status 0 on SIGTERM; none logged a fault of its own that is not the row's.
  Except where messages are destroyed, no job needed the reaper's help; about units that fail for
  ever it looks each second, and publishes again what waits for its next attempt.

Units are what there is to pay for; calls are what was paid or may have been, and failed calls are
those that the engine refused. Seconds include the processes' start and end.

## Results

"""
_HEAD = (
    "fault",
    "jobs",
    "units",
    "calls",
    "failed calls",
    "unknown",
    "allowed",
    "killed",
    "dead letters",
    "seconds",
)


def page(verdicts: list[Verdict]) -> str:
    """Return the whole page."""
    lines = [f"| {' | '.join(_HEAD)} |", "|---|" + "---:|" * (len(_HEAD) - 1)]
    lines += [
        f"| {one.fault} | {one.jobs} | {one.units} | {one.calls} | {one.failed} | {one.unknown} "
        f"| {one.allowed} | {one.killed} | {one.dead} | {one.seconds:.0f} |"
        for one in verdicts
    ]
    jobs = max(one.jobs for one in verdicts)
    return _METHOD.format(jobs=jobs) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    found = [Verdict(**json.loads(line)) for line in Path(sys.argv[1]).read_text().splitlines()]
    _PAGE.write_text(page(found))
