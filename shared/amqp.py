"""RabbitMQ behind the broker port.

Publishing and consuming have a connection each, because a memory or disk alarm blocks publishers.
Queues are found passively: a worker's user needs no right to configure anything.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

import aio_pika
import aiormq
from aio_pika.abc import (
    AbstractIncomingMessage,
    AbstractRobustChannel,
    AbstractRobustConnection,
    DeliveryMode,
)
from aio_pika.exceptions import AMQPError, DeliveryError

from shared.broker import Delivery, Message
from shared.errors import TransientError, UnroutableError
from shared.events import Event
from shared.routes import (
    EVENTS_EXCHANGE,
    RETRY_EXCHANGE,
    Service,
    dead_queue,
    encode,
    retry_queue,
    rung_for,
    work_queue,
)

_CONFIRM = 30.0  # seconds to wait for a confirm; after that its outcome is unknown
_MOVE_AGAIN = 0.5  # seconds until a message is moved again whose move was not confirmed
_ACK = 10.0  # seconds to hand an ack to the connection
_REASON = 1000  # characters of a reason that fit comfortably into a header frame

# Our own header, without the x- prefix: RabbitMQ 4 ignores a client's x-death.
_ATTEMPT = "attempt"

_GONE = (AMQPError, ConnectionError, TimeoutError, RuntimeError)


class RabbitMQ:
    """The broker port on a RabbitMQ server, for one service."""

    def __init__(self, url: str, service: Service) -> None:
        self._url = url
        self._service = service
        self._connections: list[AbstractRobustConnection] = []
        self._publishing: AbstractRobustChannel | None = None
        self._consuming: tuple[aio_pika.abc.AbstractRobustQueue, str] | None = None

    @property
    def service(self) -> Service:
        """Whose connection it is."""
        return self._service

    async def connect(self) -> None:
        """Open the publishing connection. Raises ConnectionError where no broker answers."""
        self._publishing = await self._channel("publish")

    async def _channel(self, role: str) -> AbstractRobustChannel:
        connection = await aio_pika.connect_robust(
            self._url,
            timeout=10,
            reconnect_interval=1,
            client_properties={"connection_name": f"{self._service}@{socket.gethostname()} {role}"},
        )
        self._connections.append(connection)
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        if not isinstance(channel, AbstractRobustChannel):
            raise TypeError(channel)
        return channel

    async def publish(self, events: Sequence[Event]) -> None:
        """See `shared.broker.Broker.publish`."""
        await asyncio.gather(*(self._publish_event(event) for event in events))

    async def _publish_event(self, event: Event) -> None:
        message = aio_pika.Message(
            encode(event),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=str(event.id),
            type=event.kind,
            correlation_id=str(event.job_id),
            app_id=self._service.value,
            timestamp=event.occurred_at,
            headers={_ATTEMPT: event.attempt},
        )
        await self.send(EVENTS_EXCHANGE, event.kind, message)

    async def send(self, exchange: str, key: str, message: aio_pika.Message) -> None:
        """Publish one message with a confirm; raises as `publish` does."""
        if self._publishing is None:
            raise TransientError("not connected: call connect() first")  # noqa: EM101, TRY003
        try:
            # Around it all: it may wait for a channel that does not come back.
            async with asyncio.timeout(_CONFIRM):
                # One level below aio-pika's exchange: no wait for each frame to leave the socket.
                channel = cast("aiormq.Channel", await self._publishing.get_underlay_channel())
                await channel.basic_publish(
                    message.body,
                    exchange=exchange,
                    routing_key=key,
                    properties=message.properties,
                    mandatory=True,
                    wait=False,
                )
        except DeliveryError as error:
            raise UnroutableError from error
        except _GONE as error:
            text = f"the broker did not confirm {message.type}: {error!r}"
            raise TransientError(text) from error

    async def consume(
        self, service: Service, prefetch: int, receive: Callable[[Delivery], None]
    ) -> None:
        """See `shared.broker.Broker.consume`."""
        channel = await self._channel("consume")
        await channel.set_qos(prefetch_count=prefetch)
        queue = await channel.get_queue(work_queue(service))

        async def hand_over(message: AbstractIncomingMessage) -> None:
            # aiormq cancels this callback when the connection drops: nothing may be awaited here.
            receive(_Delivery(self, service, message))

        tag = await queue.consume(hand_over)
        if not isinstance(queue, aio_pika.abc.AbstractRobustQueue):
            raise TypeError(queue)
        self._consuming = queue, tag

    async def stop_consuming(self) -> None:
        """See `shared.broker.Broker.stop_consuming`."""
        if self._consuming is not None:
            queue, tag = self._consuming
            await queue.cancel(tag)
            self._consuming = None

    async def ping(self) -> None:
        """Raise TransientError where a connection is not open now."""
        if not self._connections or not all(one.connected.is_set() for one in self._connections):
            message = "not connected to the broker"
            raise TransientError(message)

    async def close(self) -> None:
        """See `shared.broker.Broker.close`."""
        for connection in self._connections:
            await connection.close()


class _Delivery:
    def __init__(
        self, broker: RabbitMQ, service: Service, incoming: AbstractIncomingMessage
    ) -> None:
        self._broker = broker
        self._service = service
        self._incoming = incoming
        attempt = incoming.headers.get(_ATTEMPT, 1)
        self.message = Message(
            incoming.type, incoming.body, attempt if isinstance(attempt, int) else 1
        )

    async def ack(self) -> None:
        try:
            # The tag is this channel's own: after a reconnect it is closed, and this raises.
            tag = self._incoming.delivery_tag
            if tag is not None:
                # A connection that is being lost may take the ack and never say what became of it.
                async with asyncio.timeout(_ACK):
                    await self._incoming.channel.basic_ack(tag, wait=False)
        except _GONE as error:
            text = "the connection that delivered the message is gone"
            raise TransientError(text) from error

    async def retry(self, delay: float, *, attempt: int) -> None:
        await self._move(retry_queue(self._service, rung_for(delay)), {_ATTEMPT: attempt})

    async def bury(self, reason: str) -> None:
        await self._move(dead_queue(self._service), {"reason": reason[:_REASON]})

    async def _move(self, queue: str, headers: dict[str, Any]) -> None:
        # Confirmed in its new place before it leaves the old one: doubled at worst, never lost.
        old = self._incoming
        moved = aio_pika.Message(
            old.body,
            headers={**old.headers, **headers},
            content_type=old.content_type,
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=old.message_id,
            type=old.type,
            correlation_id=old.correlation_id,
            app_id=old.app_id,
            timestamp=old.timestamp,
        )
        while True:
            try:
                await self._broker.send(RETRY_EXCHANGE, queue, moved)
            except TransientError:
                # Publishing has a connection of its own. Only where the one that delivered is gone
                # as well does the broker deliver again by itself; else this hand would keep it.
                if old.channel.is_closed:
                    raise
                await asyncio.sleep(_MOVE_AGAIN)
            else:
                break
        await self.ack()
