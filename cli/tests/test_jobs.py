import json
from pathlib import Path

from .conftest import JOB, Docreel, FakeGateway, step

NOWHERE = "http://127.0.0.1:9"


def test_jobs_are_lines_or_json(gateway: FakeGateway, docreel: Docreel) -> None:
    assert docreel("jobs").out == f"{JOB}\tprocessing\t50 %\tDémo\t2026-11-24T00:00:00Z\n"
    assert json.loads(docreel("jobs", "--json").out) == [gateway.job(steps=None)]


def test_status_tells_each_line(gateway: FakeGateway, docreel: Docreel) -> None:
    gateway.states = [gateway.job(steps=[step("window/0", "running", 30)], issues=["A hole"])]
    assert docreel("status", JOB).out.splitlines() == [
        f"Job {JOB} (Démo): processing, 50 %",
        "Transcription: running",
        "Articles: waiting",
        "Translation to es: waiting",
        "Translation to ca: waiting",
        "Issue: A hole",
    ]
    assert json.loads(docreel("status", JOB, "--json").out) == gateway.states[0]


def test_status_tells_the_cost_where_there_is_one(gateway: FakeGateway, docreel: Docreel) -> None:
    for cost, said in ((0.1234, "Cost: $0.12"), (0.0001, "Cost: less than $0.01"), (None, None)):
        gateway.states = [gateway.job(cost=cost)]
        told = docreel("status", JOB).out
        assert (said in told.splitlines()) if said else ("Cost" not in told)


def test_status_follows_to_the_end(gateway: FakeGateway, docreel: Docreel) -> None:
    gateway.states = [gateway.job(), gateway.job(status="completed", issues=["A hole"])]
    ended = docreel("status", JOB, "--follow", "--poll", "0.02")
    assert ended.status == 3
    assert "Issue: A hole" in ended.err


def test_cancel_asks_and_a_refusal_is_told_as_its_detail(
    gateway: FakeGateway, docreel: Docreel
) -> None:
    assert docreel("cancel", JOB).out == f"Job {JOB} will be cancelled.\n"
    assert ("POST", f"/api/jobs/{JOB}/cancel") in gateway.requests
    ended = docreel("retry", JOB)
    assert (ended.status, ended.err) == (
        1,
        "Error: The job is still running: wait for its end or cancel it.\n",
    )


def test_a_strange_id_stays_one_part_of_the_path(gateway: FakeGateway, docreel: Docreel) -> None:
    ended = docreel("status", "../videos")
    assert (ended.status, ended.err) == (1, "Error: There is nothing at /api/jobs/../videos.\n")
    assert len(gateway.requests) == 1


def test_results_of_a_running_job_are_refused(gateway: FakeGateway, docreel: Docreel) -> None:
    gateway.states = [gateway.job()]
    ended = docreel("results", JOB)
    assert ended.status == 1
    assert "has not ended (processing, 50 %)" in ended.err


def test_unreachable_gateway_is_one_sentence(docreel: Docreel, video: Path) -> None:
    ended = docreel("process", video, DOCREEL_URL=NOWHERE)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: No gateway answers at {NOWHERE}: run `make up`")
    assert ended.err.count("\n") == 1


def test_the_local_stack_says_where_it_is(
    gateway: FakeGateway, docreel: Docreel, tmp_path: Path
) -> None:
    local = tmp_path / ".local"
    local.mkdir()
    (local / "gateway.url").write_text(f"{NOWHERE}\n")
    assert NOWHERE in docreel("jobs", DOCREEL_URL="").err
    assert docreel("jobs", "--url", gateway.url, DOCREEL_URL=NOWHERE).status == 0


def test_a_proxy_does_not_stand_before_this_machine(gateway: FakeGateway, docreel: Docreel) -> None:
    assert docreel("jobs", HTTP_PROXY=NOWHERE, http_proxy=NOWHERE).status == 0
    assert gateway.requests


def test_a_terminal_without_unicode_does_not_end_the_command(
    gateway: FakeGateway, docreel: Docreel
) -> None:
    assert "D?mo" in docreel("jobs", PYTHONIOENCODING="ascii").out
    told = docreel("jobs", "--json", PYTHONIOENCODING="ascii").out
    assert json.loads(told) == [gateway.job(steps=None)]
