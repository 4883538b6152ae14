"""Spans by OpenTelemetry's SDK, sent over OTLP (HTTP) to OTEL_EXPORTER_OTLP_ENDPOINT."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.routes import Service
from shared.tracing import Attributes

_W3C = TraceContextTextMapPropagator()
_HEADER = "traceparent"


class OpenTelemetry:
    """See `shared.tracing.Tracer`."""

    def __init__(self, service: Service) -> None:
        self._provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.name": f"docreel-{service}",
                    "service.instance.id": socket.gethostname(),
                }
            )
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("docreel")

    @contextmanager
    def span(
        self, name: str, parent: str | None, attributes: Attributes, *, kind: str
    ) -> Iterator[str]:
        """See `shared.tracing.Tracer.span`."""
        above = None if parent is None else _W3C.extract({_HEADER: parent}, Context())
        with self._tracer.start_as_current_span(
            name, above, SpanKind[kind.upper()], dict(attributes)
        ) as span:
            yield self._written(trace.set_span_in_context(span, Context()))

    def current(self) -> str:
        """See `shared.tracing.Tracer.current`."""
        return self._written(None)

    @staticmethod
    def _written(context: Context | None) -> str:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, context)
        return carrier.get(_HEADER, "")

    def close(self) -> None:
        """See `shared.tracing.Tracer.close`."""
        self._provider.shutdown()
