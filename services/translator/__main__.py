"""Starts the translator, on Gemini where there is a key, else on Apertium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.translator.handler import TranslateStep, Translations
from services.translator.offline import Apertium
from services.translator.ports import Engine, Rows
from services.translator.rows import PostgresRows
from shared import service
from shared.database import patiently
from shared.events import Event
from shared.gate import Gate
from shared.routes import Service
from shared.service import Frame, Parts
from shared.settings import ServiceSettings


@asynccontextmanager
async def lent(settings: ServiceSettings, gate: Gate) -> AsyncIterator[Engine]:
    """Lend the engine that the settings ask for."""
    if settings.gemini_api_key is None:
        apertium = Apertium()
        try:
            yield apertium
        finally:
            await apertium.close()
    else:
        # Here, because it costs half a second and 50 MB which Apertium need not pay.
        from services.translator.gemini import GeminiTranslator  # noqa: PLC0415
        from shared import gemini  # noqa: PLC0415

        async with gemini.connected(settings, gate) as client:
            yield GeminiTranslator(client)


@asynccontextmanager
async def build(parts: Parts[ServiceSettings, Rows]) -> AsyncIterator[Translations]:
    """Build the handler, and tell which languages there are."""
    async with lent(parts.settings, parts.gate) as engine:
        rows, languages = parts.database.alone.rows, await engine.languages()
        await patiently(lambda: rows.save_engine(engine.name, languages))
        yield Translations(TranslateStep(engine), parts.units)


def frame() -> Frame[ServiceSettings, Rows, Event]:
    """Return the service, as the environment describes it."""
    # Every setting comes from the environment, which the type checker cannot see.
    settings = ServiceSettings()  # type: ignore[call-arg, unused-ignore]
    return service.worker(Service.TRANSLATOR, settings, PostgresRows, build)


if __name__ == "__main__":
    service.run(frame())
