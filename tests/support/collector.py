"""A collector of the tests' own: takes spans by OTLP over HTTP, and says what a trace must be."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from shared.routes import Service

_START = "POST /api/videos/process"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace: str
    id: str
    parent: str


@dataclass
class Collector:
    """What has arrived on `port`."""

    port: int
    spans: list[Span] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address for who is on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def take(self, body: bytes) -> None:
        """Keep the spans of one export."""
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

    def traces(self) -> list[dict[str, Span]]:
        """Return the spans of each job, by their ids."""
        spans = list(self.spans)
        return [
            {span.id: span for span in spans if span.trace == start.trace}
            for start in spans
            if start.name == _START
        ]


def faults(trace: dict[str, Span]) -> list[str]:
    """Say in what a job's spans are not one trace over all five services."""
    found = []
    seen = {one.service for one in trace.values()}
    missing = {f"docreel-{service}" for service in Service} - seen
    if missing:
        found.append(f"no span of {sorted(missing)}")
    roots = [one.name for one in trace.values() if one.parent not in trace]
    if roots != [_START]:
        found.append(f"it begins in {roots}")
    calls = [one for one in trace.values() if " calls " in one.name]
    if not {one.service for one in calls} >= {"docreel-transcriber", "docreel-docgen"}:
        found.append(f"no engine's call in {sorted({one.service for one in calls})}")
    found += [
        f"{one.name} is not its service's"
        for one in calls
        if one.parent in trace and trace[one.parent].service != one.service
    ]
    return found


@contextmanager
def collecting(host: str = "127.0.0.1") -> Iterator[Collector]:
    """Run a collector on any free port of an interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    collector = Collector(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
