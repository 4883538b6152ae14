"""What every worker counts, for Prometheus."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from shared.spending import Call

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
AI_CALLS = Counter(
    "docreel_ai_calls_total",
    "Calls of a model, by how they ended: answered, or given up.",
    ("service", "model", "outcome"),
)
AI_TOKENS = Counter(
    "docreel_ai_tokens_total",
    "Tokens of answered calls; the cached ones are among the prompt's.",
    ("service", "model", "kind"),
)
RELAYED = Counter(
    "docreel_outbox_relayed_total",
    "Events that the relay published because the fast path had not.",
    ("service",),
)

# Told by the gateway, from the database, when it is asked: the same from every replica.
UNITS = Gauge(
    "docreel_units", "Paid units by state; of failed ones, a day's.", ("service", "state")
)
JOBS = Gauge("docreel_jobs", "Jobs by status; of those that ended, a day's.", ("status",))
JOB_STILL = Gauge(
    "docreel_job_still_seconds",
    "Seconds since the last sign of life of the job that has not ended and is longest without one.",
)
OUTBOX_UNPUBLISHED = Gauge("docreel_outbox_unpublished", "Events that wait to be published.")
OUTBOX_OLDEST = Gauge(
    "docreel_outbox_oldest_seconds", "Seconds that the oldest of these events has waited."
)
WEBHOOKS_WAITING = Gauge("docreel_webhooks_waiting", "Messages to webhooks that wait.")
EXPIRED_LEASES = Gauge(
    "docreel_leases_expired", "Running units whose worker has not renewed its lease.", ("service",)
)


def count_calls(service: str, calls: Iterable[Call]) -> None:
    """Count a unit's calls, and the tokens of those that were answered."""
    for call in calls:
        outcome = "answered" if call.answered else "given_up"
        AI_CALLS.labels(service, call.model, outcome).inc()
        if not call.answered:
            continue
        for kind in ("prompt", "output", "cached"):
            AI_TOKENS.labels(service, call.model, kind).inc(getattr(call, kind))
