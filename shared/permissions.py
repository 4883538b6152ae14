"""RabbitMQ's users and what each may do, derived from the routes.

Nobody may configure anything: exchanges and queues come from the definitions. A service writes to
the two exchanges, and on the events' exchange only the types that it publishes; it reads its own
queues. Passwords stand in no file of the project: `deploy.secrets` makes them.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from shared.routes import (
    CONSUMERS,
    EVENTS_EXCHANGE,
    RETRY_EXCHANGE,
    ROUTES,
    Service,
    dead_queue,
)

MONITORING = "monitoring"  # for people who look, autoscalers and Prometheus
OPERATOR = "operator"  # for people who put dead letters back to work
USERS = (*(service.value for service in Service), MONITORING, OPERATOR)

_NOTHING = "^$"
_HASH = "rabbit_password_hashing_sha256"


def _any_of(names: list[str]) -> str:
    return f"^({'|'.join(re.escape(name) for name in names)})$" if names else _NOTHING


def published(service: Service) -> list[str]:
    """Return the event types that `service` publishes."""
    return [kind for kind, route in ROUTES.items() if service in route.publishers]


def _read(service: Service) -> str:
    # The rungs' queues too: a RabbitMQ that checks who dead-letters from them asks for reading.
    if service not in CONSUMERS:
        return _NOTHING
    return f"^{re.escape(service.value)}\\.(work|dead|retry\\..+)$"


def permissions(vhost: str = "/") -> dict[str, list[dict[str, Any]]]:
    """Return the parts `permissions` and `topic_permissions` of RabbitMQ's definitions."""
    at = {"vhost": vhost, "configure": _NOTHING}
    exchanges = _any_of([EVENTS_EXCHANGE, RETRY_EXCHANGE])
    dead = _any_of([dead_queue(service) for service in CONSUMERS])
    # The default exchange leads back to a work queue.
    back = _any_of(["amq.default"])
    return {
        "permissions": [
            *(
                {"user": service.value, **at, "write": exchanges, "read": _read(service)}
                for service in Service
            ),
            {"user": MONITORING, **at, "write": _NOTHING, "read": _NOTHING},
            {"user": OPERATOR, **at, "write": back, "read": dead},
        ],
        "topic_permissions": [
            {
                "user": service.value,
                "vhost": vhost,
                "exchange": EVENTS_EXCHANGE,
                "write": _any_of(published(service)),
                "read": _NOTHING,
            }
            for service in Service
        ],
    }


def users(passwords: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the part `users`, with a salted hash of each password."""
    tags = {MONITORING: ["monitoring"], OPERATOR: ["management"]}
    return [
        {
            "name": name,
            "password_hash": password_hash(passwords[name]),
            "hashing_algorithm": _HASH,
            "tags": tags.get(name, []),
        }
        for name in USERS
    ]


def password_hash(password: str, salt: bytes | None = None) -> str:
    """Hash as RabbitMQ does: base64 of the salt and SHA-256 of salt and password.

    The source is RabbitMQ's guide to passwords, "Computing Password Hash".
    """
    salt = secrets.token_bytes(4) if salt is None else salt
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode()
