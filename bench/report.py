"""The benchmark's table: medians, and ratios to raw aio-pika in the same run."""

from collections.abc import Mapping
from pathlib import Path

_BEGIN, _END = "<!-- made by make bench -->", "<!-- end -->"
# Sleeping calls one after another in a job: raw transcribes, writes and translates; Docreel hears,
# outlines, writes and translates.
CHAIN = {"raw": 3, "docreel": 4}
TRANSLATORS = (1, 2, 4)  # replicas
_AT_200 = 200.0  # milliseconds


def table(medians: Mapping[tuple[str, str], float]) -> str:
    """Return the table in Markdown."""

    def both(name: str) -> tuple[float, float]:
        return medians["raw", name], medians["docreel", name]

    def chains(kind: str, translators: int = 1) -> float:
        return medians[kind, f"languages{translators}.job_ms"] / (CHAIN[kind] * _AT_200)

    rows = [
        _row("one idle job, ms", *both("idle.job_ms")),
        _row("answer to the POST, ms", *both("idle.post_ms")),
        _row("jobs a second, 1,000 at once", *both("burst.jobs_per_second")),
        _row("20 languages x 200 ms, against its longest chain", *map(chains, ("raw", "docreel"))),
        *(
            f"| the same with {count} translators | | {chains('docreel', count):.3g} | |"
            for count in TRANSLATORS[1:]
        ),
        _row("100 jobs x 50 ms, seconds", *both("hundred.seconds")),
        _row("CPU of the services, ms a job", *both("burst.cpu_ms_per_job")),
        _row("CPU of broker and database, ms a job", *both("burst.server_cpu_ms_per_job")),
        _row("polling with 200, requests a second", *both("polling.requests_per_second")),
        _row("polling with 200, p99 in ms", *both("polling.p99_ms")),
    ]
    for kind in ("raw", "docreel"):
        peaks = {
            name.removeprefix("memory."): value
            for (one, name), value in medians.items()
            if one == kind and name.startswith("memory.")
        }
        told = ", ".join(f"{name} {value:.0f}" for name, value in sorted(peaks.items()))
        rows.append(f"| peak memory, MB: {kind} | | {told} | |")
    head = "| measure | raw aio-pika | Docreel | ratio |\n|---|---|---|---|"
    return "\n".join([head, *rows])


def _row(name: str, raw: float, ours: float) -> str:
    return f"| {name} | {raw:.3g} | {ours:.3g} | {ours / raw:.2f} |"


def write(page: Path, made: str) -> None:
    """Put the table into the page, in the place of the last one."""
    text = page.read_text()
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{made}\n{_END}{after}")
