"""What every worker counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter(
    "docreel_deliveries_total",
    "Messages taken from the work queue, by how they ended.",
    ("service", "type", "outcome"),
)
IN_FLIGHT = Gauge("docreel_in_flight", "Messages being worked on.", ("service",))
UNIT_SECONDS = Histogram(
    "docreel_unit_seconds",
    "Seconds of an engine's call.",
    ("service", "engine", "outcome"),
    buckets=(0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800),
)
RELAYED = Counter(
    "docreel_outbox_relayed_total",
    "Events that the relay published because the fast path had not.",
    ("service",),
)
