"""Starts the translator, on Gemini where there is a key, else on Apertium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.translator import rows
from services.translator.handler import TranslateStep, Translations
from services.translator.offline import Apertium
from services.translator.ports import Engine
from shared import service
from shared.routes import Service
from shared.service import Parts
from shared.settings import ServiceSettings


@asynccontextmanager
async def lent(settings: ServiceSettings) -> AsyncIterator[Engine]:
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

        async with gemini.connected(settings) as client:
            yield GeminiTranslator(client)


@asynccontextmanager
async def build(parts: Parts[ServiceSettings]) -> AsyncIterator[Translations]:
    """Build the handler, and tell which languages there are."""
    async with lent(parts.settings) as engine:
        await rows.save_engine(parts.pool, engine)
        yield Translations(TranslateStep(engine), parts.units)


if __name__ == "__main__":
    # Every setting comes from the environment, which the type checker cannot see.
    service.run(Service.TRANSLATOR, ServiceSettings(), build)  # type: ignore[call-arg, unused-ignore]
