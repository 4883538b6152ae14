"""What the broker says of the queues: by its management API, else by AMQP, which tells less."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import aio_pika
import httpx
from aio_pika.exceptions import AMQPError

from services.gateway.settings import Settings
from shared.routes import CONSUMERS, RUNGS, Service, dead_queue, retry_queue, work_queue

_PATIENCE = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Counted:
    """One service's queues; none for what cannot be told."""

    waiting: int | None = None
    unacked: int | None = None
    delayed: int | None = None
    dead: int | None = None
    consumers: int | None = None


@dataclass(frozen=True, slots=True)
class Queues:
    """Asks the broker at `amqp_url`, at its `management_url` where that is known.

    Without `amqp_url` the broker is within this process, and there is nothing to ask.
    """

    amqp_url: str | None
    management_url: str | None

    @classmethod
    def of(cls, settings: Settings, *, in_process: bool) -> "Queues":
        """Return what asks the settings' broker."""
        management = settings.amqp_management_url
        return cls(
            None if in_process else settings.amqp_url,
            management.get_secret_value() if management else None,
        )

    async def counted(self) -> tuple[str, Mapping[Service, Counted]]:
        """Return whether the broker answers ("connected", or why not), and the counts."""
        if self.amqp_url is None:
            return "in this process", {}
        try:
            if self.management_url:
                return "connected", await self._by_management(self.management_url)
            return "connected", await self._by_amqp(self.amqp_url)
        except (httpx.HTTPError, AMQPError, OSError, ValueError, KeyError) as error:
            return f"cannot be asked: {error or type(error).__name__}", {}

    async def _by_management(self, url: str) -> dict[Service, Counted]:
        host = _virtual_host(self.amqp_url or "")
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            answer = await http.get(
                f"{url.rstrip('/')}/api/queues/{quote(host, safe='')}?disable_stats=true"
                "&enable_queue_totals=true"
            )
        rows = {row["name"]: row for row in answer.raise_for_status().json()}

        def count(name: str, what: str) -> int:
            return int(rows.get(name, {}).get(what, 0) or 0)

        consumers = await self._consumers(url, host)
        return {
            service: Counted(
                waiting=count(work_queue(service), "messages_ready"),
                unacked=count(work_queue(service), "messages_unacknowledged"),
                delayed=sum(count(retry_queue(service, rung), "messages") for rung in RUNGS),
                dead=count(dead_queue(service), "messages"),
                consumers=consumers.get(work_queue(service), 0),
            )
            for service in CONSUMERS
        }

    async def _consumers(self, url: str, host: str) -> dict[str, int]:
        async with httpx.AsyncClient(timeout=_PATIENCE) as http:
            answer = await http.get(f"{url.rstrip('/')}/api/consumers/{quote(host, safe='')}")
        counted: dict[str, int] = {}
        for row in answer.raise_for_status().json():
            name = row["queue"]["name"]
            counted[name] = counted.get(name, 0) + 1
        return counted

    async def _by_amqp(self, url: str) -> dict[Service, Counted]:
        counted = {}
        async with await aio_pika.connect(url, timeout=_PATIENCE) as connection:
            channel = await connection.channel()
            for service in CONSUMERS:
                work = await channel.get_queue(work_queue(service))
                dead = await channel.get_queue(dead_queue(service))
                delayed = [await channel.get_queue(retry_queue(service, rung)) for rung in RUNGS]
                counted[service] = Counted(
                    waiting=work.declaration_result.message_count,
                    delayed=sum(one.declaration_result.message_count or 0 for one in delayed),
                    dead=dead.declaration_result.message_count,
                    consumers=work.declaration_result.consumer_count,
                )
        return counted


def _virtual_host(amqp_url: str) -> str:
    path = httpx.URL(amqp_url).raw_path.decode().partition("?")[0]
    # AMQP's URLs leave the slash out that names the default one.
    return path.removeprefix("/") or "/"
