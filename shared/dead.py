"""`python -m shared.dead list|redrive|drop SERVICE`: what to do with a service's dead letters.

`list` shows each with its reason and leaves it where it is. `redrive` puts all back into the work
queue, each counted as a first attempt. `drop` deletes them for good.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from shared.routes import CONSUMERS, Service, dead_queue, work_queue

_PATIENCE = 10.0  # seconds for the broker to answer

_USAGE = (
    "usage: AMQP_URL=amqp://... python -m shared.dead list|redrive|drop SERVICE\n"
    f"       SERVICE is one of {', '.join(CONSUMERS)}\n"
)


async def _each(queue: AbstractQueue) -> AsyncIterator[AbstractIncomingMessage]:
    # As many as there were at the start: what dies meanwhile is for the next time.
    for _ in range(queue.declaration_result.message_count or 0):
        message = await queue.get(fail=False, timeout=10)
        if message is None:
            return
        yield message


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was given up; `reason` says why."""

    message_id: str | None
    kind: str | None
    job_id: str | None
    reason: str
    published_at: datetime | None


async def letters(url: str, service: Service) -> list[Letter]:
    """Return a service's dead letters, which stay where they are."""
    async with await aio_pika.connect(url, timeout=_PATIENCE) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(dead_queue(service))
        found, seen = [], []
        async for message in _each(queue):
            seen.append(message)
            reason = str(message.headers.get("reason", "no reason given"))
            found.append(
                Letter(
                    message.message_id,
                    message.type,
                    message.correlation_id,
                    reason,
                    message.timestamp,
                )
            )
        # Given back only now: one given back at once would be the next one taken.
        for message in seen:
            await message.nack(requeue=True)
        return found


async def listed(url: str, service: Service) -> list[str]:
    """Return a line a dead letter: its type, job and reason."""
    return [f"{one.kind}  job {one.job_id}  {one.reason}" for one in await letters(url, service)]


async def redriven(url: str, service: Service) -> int:
    """Put the dead letters back to work; return how many."""
    count = 0
    async with await aio_pika.connect(url, timeout=_PATIENCE) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(dead_queue(service))
        async for message in _each(queue):
            again = aio_pika.Message(
                message.body,
                content_type=message.content_type,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=message.message_id,
                type=message.type,
                correlation_id=message.correlation_id,
                app_id=message.app_id,
                timestamp=message.timestamp,
            )
            await channel.default_exchange.publish(again, work_queue(service))
            await message.ack()
            count += 1
    return count


async def dropped(url: str, service: Service) -> int:
    """Delete the dead letters; return how many."""
    async with await aio_pika.connect(url, timeout=_PATIENCE) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(dead_queue(service))
        count = 0
        async for message in _each(queue):
            await message.ack()
            count += 1
        return count


def main(arguments: list[str]) -> int:
    """Run one of the commands; return the exit status (2 for bad usage)."""
    url = os.environ.get("AMQP_URL")
    if url is None:
        sys.stderr.write(_USAGE)
        return 2
    match arguments:
        case ["list", name] if name in CONSUMERS:
            lines = asyncio.run(listed(url, Service(name)))
            sys.stdout.write("".join(f"{line}\n" for line in lines) or "no dead letters\n")
        case ["redrive", name] if name in CONSUMERS:
            count = asyncio.run(redriven(url, Service(name)))
            sys.stdout.write(f"{count} back in {work_queue(Service(name))}\n")
        case ["drop", name] if name in CONSUMERS:
            count = asyncio.run(dropped(url, Service(name)))
            sys.stdout.write(f"{count} deleted\n")
        case _:
            sys.stderr.write(_USAGE)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
