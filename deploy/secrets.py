"""`python -m deploy.secrets`: makes each service's secrets once, before anything else starts.

Below SECRETS_DIR (/secrets) every service has a folder of its own, which only its container mounts
(at /run/secrets): the files `amqp_url`, `database_url` and `database_role`, named as the settings.
`broker/` holds
the definitions that RabbitMQ imports: hashes, no passwords. What is there already is kept: remove a
file, run this again and `deploy.accounts` after it, to have a new one.
"""

import json
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

from shared.definitions import definitions
from shared.permissions import MONITORING, OPERATOR, USERS, permissions, users
from shared.routes import Service

_BYTES = 24


# Who logs in to the database: the services, and what deletes that which is old.
HOUSEKEEPING = "housekeeping"
OWNERS = (*(service.value for service in Service), HOUSEKEEPING)


def role(owner: str) -> str:
    """Return the database role of a service, as the migration calls it."""
    return f"docreel_{owner}"


def prepare(folder: Path, broker: str, database: str) -> None:
    """Make what is missing below `folder`, for a broker and a database at `host:port`.

    `database` is followed by a slash and the database's name.
    """
    passwords = {}
    for user in USERS:
        # Read by whatever user id the container has; no other container mounts the folder.
        place = folder / user
        place.mkdir(exist_ok=True)
        url = _kept(place / "amqp_url", f"amqp://{user}:{_password()}@{broker}/")
        passwords[user] = str(urlsplit(url).password)
    for owner in OWNERS:
        place = folder / owner
        place.mkdir(exist_ok=True)
        _kept(place / "database_url", f"postgresql://{role(owner)}:{_password()}@{database}")
        _write(place / "database_role", role(owner))
    (folder / "broker").mkdir(exist_ok=True)
    wanted = {**definitions(), "users": users(passwords), **permissions()}
    _write(folder / "broker" / "definitions.json", json.dumps(wanted, indent=2))
    for user in (MONITORING, OPERATOR):
        _write(folder / user / "password", passwords[user])
    # The gateway shows operators the queues, and puts dead letters back to work for them.
    host = broker.partition(":")[0]
    _write(
        folder / Service.GATEWAY / "amqp_operator_url", (folder / OPERATOR / "amqp_url").read_text()
    )
    _write(
        folder / Service.GATEWAY / "amqp_management_url",
        f"http://{MONITORING}:{passwords[MONITORING]}@{host}:15672",
    )


def _password() -> str:
    return quote(secrets.token_urlsafe(_BYTES), safe="")


def _kept(path: Path, fresh: str) -> str:
    if not path.exists():
        _write(path, fresh)
    return path.read_text()


def _write(path: Path, text: str) -> None:
    # Whole or not at all: a reader never sees half of it.
    written = path.with_name(f".{path.name}")
    written.write_text(text)
    written.chmod(0o444)
    written.replace(path)


def main() -> int:
    """Make the secrets, and the storage's folder writable for group 0."""
    environment = os.environ
    prepare(
        Path(environment.get("SECRETS_DIR", "/secrets")),
        environment.get("BROKER", "rabbitmq:5672"),
        environment.get("DATABASE", "postgres:5432/docreel"),
    )
    storage = Path(environment["STORAGE_DIR"])
    if storage.is_dir() and storage.owner() == "root":
        storage.chmod(0o775)
    return 0


if __name__ == "__main__":
    sys.exit(main())
