"""Every container is restarted in turn while many jobs run."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose.engine import CheckError, Engine
from tests.compose.gemini import simulated
from tests.compose.jobs import nothing_repeated, process, say
from tests.support.film import counting

_JOBS = 50
_FILM = 40  # seconds of each video; no two have a picture in common, so none has another's results
_CALL = 3.0  # seconds that each paid call takes
_LANGUAGES = "es,ca"
_WORKERS = ("transcriber", "docgen", "translator", "progress")
_OTHERS = ("rabbitmq", "postgres", "gateway", "housekeeping")


def restarts(engine: Engine) -> None:
    """Fifty jobs are paid for once each while everything is restarted, broker and database too."""
    with simulated(_CALL) as gemini, TemporaryDirectory() as folder:
        films = [
            counting(Path(folder, f"{number}.mp4"), _FILM, first=number * _FILM)
            for number in range(_JOBS)
        ]
        paid = engine.with_settings(**gemini.settings)
        paid.up()
        before = _numbers(paid)
        with ThreadPoolExecutor(_JOBS) as pool:
            jobs = [pool.submit(process, paid, _LANGUAGES, film) for film in films]
            for name in (*_WORKERS, *_OTHERS):
                paid.compose("restart", name)
                if name != "housekeeping":
                    paid.await_healthy(name)
                running = sum(not job.done() for job in jobs)
                say(f"restarted {name}, with {running} jobs under way")
            for job in jobs:
                job.result()
        nothing_repeated(paid)
        _paid_once(paid, gemini.answers())
        units, calls = (now - then for now, then in zip(_numbers(paid), before, strict=True))
        say(f"{_JOBS} jobs completed through a restart of everything: {units} units, {calls} calls")


def _numbers(engine: Engine) -> tuple[int, int]:
    ((units, calls),) = engine.sql(
        "select (select count(*) from work_units), (select count(*) from ai_calls)"
    )
    return int(units), int(calls)


def _paid_once(engine: Engine, answered: int) -> None:
    """Hold the calls that were noted against those that were answered, and jobs against each other.

    Videos of one length need the same calls: a job with more of them paid for something twice.
    """
    by_job = engine.sql(
        """select service, n, count(*) from (
             select job_id, service, count(*) as n from ai_calls
             where model = 'gemini-simulated' group by 1, 2) of_job
           group by 1, 2 order by 1, 2"""
    )
    noted = sum(int(n) * int(jobs) for _, n, jobs in by_job)
    if noted != answered or len({service for service, _, _ in by_job}) != len(by_job):
        message = f"{answered} calls were answered; noted, by service and calls a job: {by_job}"
        raise CheckError(message)
    say(f"calls a job: {', '.join(f'{service} {n}' for service, n, _ in by_job)}; as many answered")
