from typing import Any
from uuid import UUID, uuid4

import pytest

from shared import events
from shared.definitions import definitions
from shared.errors import UndecodableEventError
from shared.routes import CONSUMERS, ROUTES, Service, bindings, decode, encode, rung_for
from shared.topology import derived_files, main

JOB, PROJECT, VIDEO = (UUID(int=n) for n in (1, 2, 3))


def process(**fields: Any) -> events.VideoProcess:
    return events.VideoProcess.of(
        job_id=JOB, project_id=PROJECT, video_id=VIDEO, unit="job", languages=("es", "ca"), **fields
    )


def test_every_event_model_has_a_route() -> None:
    assert set(ROUTES) == {model.kind for model in events.Event.__subclasses__()}


def test_the_derived_files_are_as_the_routes_say() -> None:
    stale = [path.name for path, text in derived_files().items() if path.read_text() != text]
    assert not stale, "run make definitions"


def test_an_event_survives_the_wire() -> None:
    event = process()
    assert decode("video.process", encode(event)) == event


def test_an_event_from_a_newer_service_is_read_without_what_is_new() -> None:
    newer = encode(process()).replace(b'{"id"', b'{"colour":"red","id"')
    assert decode("video.process", newer).job_id == JOB


def test_the_same_work_has_the_same_id_and_other_work_another() -> None:
    assert process().id == process(attempt=3).id
    assert process().id != process(epoch=2).id
    ids = {events.event_id(JOB, 1, unit, kind) for unit in ("a", "b") for kind in ("c", "d")}
    assert len(ids) == 4
    assert events.event_id(uuid4(), 1, "a", "c") not in ids


def test_what_follows_keeps_job_epoch_and_trace() -> None:
    cause = process(epoch=4, attempt=2, traceparent="00-abc")
    after = events.TranscriptionRequested.following(
        cause, unit="window/0", window=0, windows=1, start=0, end=9.5
    )
    assert (after.job_id, after.epoch, after.attempt) == (JOB, 4, 1)
    assert (after.traceparent, after.unit) == ("00-abc", "window/0")


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        (None, b"{}", "unknown event type None"),
        ("video.delete", b"{}", "unknown event type 'video.delete'"),
        ("video.process", b"", "not a video.process event: body"),
        ("video.process", b"\xff\xfe", "not a video.process event: body"),
        ("video.process", b"[]", "not a video.process event: body"),
        ("video.process", b"{}", "not a video.process event: id: Field required"),
        ("video.process", b" " * 10_000_000, "not a video.process event: body"),
    ],
)
def test_garbage_is_refused_with_its_reason(kind: str | None, body: bytes, reason: str) -> None:
    with pytest.raises(UndecodableEventError) as refused:
        decode(kind, body)
    assert str(refused.value).startswith(reason)


def test_an_impossible_number_is_refused() -> None:
    body = encode(process()).replace(b'"epoch":1', b'"epoch":0')
    with pytest.raises(UndecodableEventError, match="epoch"):
        decode("video.process", body)


@pytest.mark.parametrize(
    ("delay", "rung"), [(0, "1s"), (1, "1s"), (7, "10s"), (60, "1m"), (61, "10m"), (9999, "10m")]
)
def test_a_delay_is_never_shortened_but_by_the_ladders_end(delay: float, rung: str) -> None:
    assert rung_for(delay) == rung


def test_progress_hears_everything_and_nobody_hears_what_nobody_publishes() -> None:
    assert bindings(Service.PROGRESS) == ("#",)
    assert all(route.publishers for route in ROUTES.values())


def test_every_binding_leads_from_a_declared_exchange_to_a_declared_queue() -> None:
    found = definitions()
    exchanges = {one["name"] for one in found["exchanges"]}
    queues = {one["name"] for one in found["queues"]}
    for bound in found["bindings"]:
        assert bound["source"] in exchanges
        assert bound["destination"] in queues
    assert {f"{service}.{kind}" for service in CONSUMERS for kind in ("work", "dead")} <= queues


def test_bad_usage_of_the_command_is_told() -> None:
    assert main(["destroy"]) == 2
