"""`python -m shared.topology write|declare`: the derived files, and the broker's exchanges.

`write` makes the files in `deploy/rabbitmq/` and `docs/asyncapi.yaml` again. `declare` creates
exchanges, queues and bindings on the broker at `AMQP_URL`; it changes nothing that exists.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import aio_pika
import yaml

from shared.asyncapi import document
from shared.definitions import definitions, exchanges, queue_bindings, queues
from shared.permissions import permissions

_ROOT = Path(__file__).resolve().parent.parent


def derived_files() -> dict[Path, str]:
    """Return every committed file that follows from the routes, with its text."""
    return {
        _ROOT / "deploy/rabbitmq/definitions.json": json.dumps(definitions(), indent=2) + "\n",
        _ROOT / "deploy/rabbitmq/permissions.json": json.dumps(permissions(), indent=2) + "\n",
        _ROOT / "docs/asyncapi.yaml": yaml.safe_dump(document(), sort_keys=False, width=100),
    }


async def declare(url: str) -> None:
    """Create what the routes need on the broker at `url`. Safe to run twice and side by side."""
    connection = await aio_pika.connect(url, client_properties={"connection_name": "topology"})
    async with connection:
        channel = await connection.channel()
        for one in exchanges():
            await channel.declare_exchange(
                one["name"], one["type"], durable=True, arguments=one["arguments"]
            )
        for one in queues():
            await channel.declare_queue(one["name"], durable=True, arguments=one["arguments"])
        for bound in queue_bindings():
            queue = await channel.get_queue(bound["destination"], ensure=False)
            await queue.bind(bound["source"], bound["routing_key"])


def main(arguments: list[str]) -> int:
    """Run one of the two commands; return the exit status (2 for bad usage)."""
    match arguments:
        case ["write"]:
            for path, text in derived_files().items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        case ["declare"] if "AMQP_URL" in os.environ:
            asyncio.run(declare(os.environ["AMQP_URL"]))
        case _:
            sys.stderr.write(
                "usage: python -m shared.topology write\n"
                "       AMQP_URL=amqp://... python -m shared.topology declare\n"
            )
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
