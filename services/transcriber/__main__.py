"""Starts the transcriber, on Gemini where there is a key, else on the offline engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.transcriber.handler import Plan, Transcriber, Window
from services.transcriber.look import look
from services.transcriber.offline import Offline
from services.transcriber.ports import Engine, Rows
from services.transcriber.rows import PostgresRows
from services.transcriber.settings import Settings
from shared import service
from shared.events import Event
from shared.gate import Gate
from shared.routes import Service
from shared.service import Frame, Parts


@asynccontextmanager
async def engine(settings: Settings, gate: Gate) -> AsyncIterator[Engine]:
    """Lend the engine that the settings ask for."""
    if settings.gemini_api_key is None:
        yield Offline()
    else:
        # Here, because it costs half a second and 50 MB which the offline engine need not pay.
        from services.transcriber.gemini import GeminiEngine  # noqa: PLC0415
        from shared import gemini  # noqa: PLC0415

        async with gemini.connected(settings, gate) as client:
            yield GeminiEngine(client)


@asynccontextmanager
async def build(parts: Parts[Settings, Rows]) -> AsyncIterator[Transcriber]:
    """Build the handler."""
    length = parts.settings.window_seconds
    async with engine(parts.settings, parts.gate) as transcribing:
        plan = Plan(parts.storage, look, length, transcribing.overlap)
        yield Transcriber(plan, Window(parts.storage, transcribing, length), parts.units)


def frame() -> Frame[Settings, Rows, Event]:
    """Return the service, as the environment describes it."""
    # Every setting comes from the environment, which the type checker cannot see.
    settings = Settings()  # type: ignore[call-arg, unused-ignore]
    return service.worker(Service.TRANSCRIBER, settings, PostgresRows, build)


if __name__ == "__main__":
    service.run(frame())
