"""Starts the transcriber, on Gemini where there is a key, else on the offline engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.transcriber import speech
from services.transcriber.handler import Plan, Transcriber, Window
from services.transcriber.offline import Offline
from services.transcriber.ports import Engine
from services.transcriber.settings import Settings
from shared import service
from shared.routes import Service
from shared.service import Parts


@asynccontextmanager
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    """Lend the engine that the settings ask for."""
    if settings.gemini_api_key is None:
        # Speech recognition holds the interpreter's lock, so it has processes of its own.
        with speech.pool() as processes:
            yield Offline(processes)
    else:
        # Here, because it costs half a second and 50 MB which the offline engine need not pay.
        from services.transcriber.gemini import GeminiEngine  # noqa: PLC0415
        from shared import gemini  # noqa: PLC0415

        async with gemini.connected(settings) as client:
            yield GeminiEngine(client)


@asynccontextmanager
async def build(parts: Parts[Settings]) -> AsyncIterator[Transcriber]:
    """Build the handler."""
    plan = Plan(parts.pool, parts.storage, parts.settings.window_seconds)
    async with engine(parts.settings) as transcribing:
        yield Transcriber(plan, Window(parts.storage, transcribing), parts.units)


if __name__ == "__main__":
    # Every setting comes from the environment, which the type checker cannot see.
    service.run(Service.TRANSCRIBER, Settings(), build)  # type: ignore[call-arg, unused-ignore]
