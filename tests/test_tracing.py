"""One job's spans from all five services, in one trace, at a collector of the test's own."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.migrate import migrate
from shared.routes import CONSUMERS
from shared.topology import declare
from tests.support import servers
from tests.test_end_to_end import SAMPLE, Stack

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str


@dataclass
class Collector:
    """Takes what an OTLP exporter sends over HTTP."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        told = ExportTraceServiceRequest()
        told.ParseFromString(body)
        for group in told.resource_spans:
            names = {one.key: one.value.string_value for one in group.resource.attributes}
            self.spans += [
                Span(
                    names["service.name"],
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                )
                for scope in group.scope_spans
                for span in scope.spans
            ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            found.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_job_is_one_trace_across_five_services(
    postgres: str, node: servers.Node, collector: Collector, tmp_path: Path
) -> None:
    with servers.own_database(postgres) as dsn, servers.own_host(node) as amqp_url:
        servers.run_alone(migrate(dsn))
        servers.run_alone(declare(amqp_url))
        (tmp_path / "storage").mkdir()
        stack = Stack(
            {
                "AMQP_URL": amqp_url,
                "DATABASE_URL": dsn,
                "STORAGE_DIR": str(tmp_path / "storage"),
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            },
            tmp_path,
        )
        try:
            stack.start("gateway", *CONSUMERS)
            done = stack.docreel("process", SAMPLE, "--out", tmp_path / "out")
            assert done.returncode == 0, done.stderr
        finally:
            stack.stop()  # the last spans are sent as the services end

    (start,) = [span for span in collector.spans if span.name == "POST /api/videos/process"]
    ours = {span.id: span for span in collector.spans if span.trace == start.trace}
    assert {span.service for span in ours.values()} == {
        "docreel-gateway",
        *(f"docreel-{service}" for service in CONSUMERS),
    }
    assert not start.parent
    assert {span.id for span in ours.values() if span.parent not in ours} == {start.id}
    calls = [span for span in ours.values() if " calls " in span.name]
    assert {span.service for span in calls} >= {"docreel-transcriber", "docreel-docgen"}
    for call in calls:
        assert ours[call.parent].service == call.service
