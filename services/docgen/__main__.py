"""Starts docgen, on Gemini where there is a key, else on rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.docgen import rows
from services.docgen.handler import ArticleStep, Documents, OutlineStep
from services.docgen.offline import OfflineWriter
from services.docgen.ports import Writer
from shared import service
from shared.routes import Service
from shared.service import Parts
from shared.settings import ServiceSettings


@asynccontextmanager
async def engine(settings: ServiceSettings) -> AsyncIterator[Writer]:
    """Lend the writer that the settings ask for."""
    if settings.gemini_api_key is None:
        yield OfflineWriter()
    else:
        # Here, because it costs half a second and 50 MB which the offline engine need not pay.
        from services.docgen.gemini import GeminiWriter  # noqa: PLC0415
        from shared import gemini  # noqa: PLC0415

        async with gemini.connected(settings) as client:
            yield GeminiWriter(client)


@asynccontextmanager
async def build(parts: Parts[ServiceSettings]) -> AsyncIterator[Documents]:
    """Build the handler, and tell which engine it writes with."""
    async with engine(parts.settings) as writer:
        await rows.save_engine(parts.pool, writer.engine)
        yield Documents(OutlineStep(writer), ArticleStep(writer, parts.storage), parts.units)


if __name__ == "__main__":
    # Every setting comes from the environment, which the type checker cannot see.
    service.run(Service.DOCGEN, ServiceSettings(), build)  # type: ignore[call-arg, unused-ignore]
