"""RabbitMQ's definitions, derived from the routes.

Type, TTL and dead-letter target are queue arguments; limits are policies that apply to `queues`,
because RabbitMQ 3.10 refuses the narrower `quorum_queues` and fails the whole import.
"""

from typing import Any

from shared.routes import (
    CONSUMERS,
    EVENTS_EXCHANGE,
    RETRY_EXCHANGE,
    RUNGS,
    UNROUTED,
    Service,
    bindings,
    dead_queue,
    retry_queue,
    work_queue,
)

_QUORUM = {"x-queue-type": "quorum"}


def exchanges() -> list[dict[str, Any]]:
    """Return the exchanges: name, type and arguments."""
    return [
        {
            "name": EVENTS_EXCHANGE,
            "type": "topic",
            "arguments": {"alternate-exchange": UNROUTED},
        },
        {"name": RETRY_EXCHANGE, "type": "direct", "arguments": {}},
        {"name": UNROUTED, "type": "fanout", "arguments": {}},
    ]


def queues() -> list[dict[str, Any]]:
    """Return the queues: name and arguments. All are durable quorum queues."""
    found: list[dict[str, Any]] = [{"name": UNROUTED, "arguments": _QUORUM}]
    for service in CONSUMERS:
        found.append({"name": work_queue(service), "arguments": _QUORUM})
        found.append({"name": dead_queue(service), "arguments": _QUORUM})
        found += [_retry(service, rung, seconds) for rung, seconds in RUNGS.items()]
    return found


def _retry(service: Service, rung: str, seconds: int) -> dict[str, Any]:
    # The default exchange leads straight back to the one work queue, so that no other service
    # sees the event a second time.
    return {
        "name": retry_queue(service, rung),
        "arguments": {
            **_QUORUM,
            "x-message-ttl": seconds * 1000,  # milliseconds
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": work_queue(service),
            # Without these two a message may be lost on its way back (RabbitMQ: at-least-once
            # dead lettering needs reject-publish).
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    }


def queue_bindings() -> list[dict[str, str]]:
    """Return the bindings: source exchange, destination queue and routing key."""
    found = [{"source": UNROUTED, "destination": UNROUTED, "routing_key": ""}]
    for service in CONSUMERS:
        found += [
            {
                "source": EVENTS_EXCHANGE,
                "destination": work_queue(service),
                "routing_key": key,
            }
            for key in bindings(service)
        ]
        waiting = [retry_queue(service, rung) for rung in RUNGS]
        found += [
            {"source": RETRY_EXCHANGE, "destination": queue, "routing_key": queue}
            for queue in (dead_queue(service), *waiting)
        ]
    return found


def definitions(vhost: str = "/") -> dict[str, Any]:
    """Return the document that RabbitMQ imports at boot (`load_definitions`)."""
    at = {"vhost": vhost}
    durable = {"durable": True, "auto_delete": False}
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [{**at, **durable, "internal": False, **one} for one in exchanges()],
        "queues": [{**at, **durable, **one} for one in queues()],
        "bindings": [
            {**at, "destination_type": "queue", "arguments": {}, **one} for one in queue_bindings()
        ],
        "policies": [
            {
                **at,
                "name": "delivery-limit",
                "pattern": r"\.work$",
                "apply-to": "queues",
                # A failure is never requeued, so only a worker that dies counts; the runtime
                # keeps its own number of attempts.
                "definition": {"delivery-limit": 50},
                "priority": 0,
            }
        ],
    }
