"""`python -m bench [--rounds N] [--jobs N] [--write]`: measure both pipelines by turns.

Prints JSON lines and a table of medians and ratios; `--write` puts the table into
`docs/performance.md`. Everything runs on this machine, on the loopback interface.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench import measures, report
from bench.stack import ROOT, Servers, pipeline, prepare, servers
from deploy.local.processes import free_ports

Results = dict[tuple[str, str], list[float]]


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1000, help="of the throughput measure")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md's table")
    chosen = parser.parse_args()
    found: Results = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="docreel-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder) as both:
            asyncio.run(prepare(both))
            for _ in range(chosen.rounds):
                for kind in ("raw", "docreel"):
                    _round(kind, both, folder, chosen.jobs, found)
    table = report.table({key: statistics.median(values) for key, values in found.items()})
    sys.stdout.write(table + "\n")
    if chosen.write:
        report.write(ROOT / "docs" / "performance.md", table)
    return 0


def _round(kind: str, both: Servers, folder: Path, jobs: int, found: Results) -> None:
    with pipeline(kind, both, folder, 0) as made:
        asyncio.run(_without_latency(made, both, jobs, kind, found))
    for translators in (1,) if kind == "raw" else report.TRANSLATORS:
        with pipeline(kind, both, folder, 0.2, {"translator": translators}) as made:
            asyncio.run(_many_languages(made, both, translators, found))
    with pipeline(kind, both, folder, 0.05) as made:
        asyncio.run(_many_jobs(made, both, kind, found))


async def _without_latency(made: Any, both: Servers, jobs: int, kind: str, found: Results) -> None:
    async with measures.driving(made, both) as driver:
        note(found, kind, "idle", await measures.idle(driver, 30, 5))
        note(found, kind, "burst", await measures.burst(driver, jobs, 5))
        note(found, kind, "memory", made.peak_memory())
        if kind == "docreel":
            job = str(await driver.db.fetchval("select id from processing_jobs limit 1"))
            await asyncio.sleep(1)
            asked = await measures.polling(made.port, f"/api/jobs/{job}", 200, 8)
            note(found, kind, "polling", asked)
    if kind == "raw":
        note(found, kind, "polling", await _constant())


async def _constant() -> dict[str, float]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "bench.constant", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: ASYNC220, S603 - ours, and ends here
    try:
        await asyncio.sleep(3)
        return await measures.polling(port, "/constant", 200, 8)
    finally:
        process.terminate()
        process.wait()


async def _many_languages(made: Any, both: Servers, translators: int, found: Results) -> None:
    async with measures.driving(made, both) as driver:
        measured = await measures.idle(driver, 8, 20)
        note(found, made.kind, f"languages{translators}", measured)


async def _many_jobs(made: Any, both: Servers, kind: str, found: Results) -> None:
    async with measures.driving(made, both) as driver:
        for _ in range(3):
            note(found, kind, "hundred", await measures.burst(driver, 100, 5))


def note(found: Results, kind: str, measure: str, values: dict[str, Any]) -> None:
    """Keep numbers, and print them as a line of JSON."""
    sys.stdout.write(json.dumps({"pipeline": kind, "measure": measure, **values}) + "\n")
    sys.stdout.flush()
    for name, value in values.items():
        found[kind, f"{measure}.{name}"].append(float(value))


if __name__ == "__main__":
    sys.exit(main())
