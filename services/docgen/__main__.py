"""Starts docgen, on Gemini where there is a key, else on rules."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.docgen import pictures
from services.docgen.handler import ArticleStep, Documents, OutlineStep
from services.docgen.offline import OfflineWriter
from services.docgen.ports import Rows, Writer
from services.docgen.rows import PostgresRows
from shared import service, storage
from shared.database import patiently
from shared.events import Event
from shared.gate import Gate
from shared.routes import Service
from shared.service import Frame, Parts
from shared.settings import ServiceSettings


@asynccontextmanager
async def engine(settings: ServiceSettings, gate: Gate) -> AsyncIterator[Writer]:
    """Lend the writer that the settings ask for."""
    if settings.gemini_api_key is None:
        yield OfflineWriter()
    else:
        # Here, because it costs half a second and 50 MB which the offline engine need not pay.
        from services.docgen.gemini import GeminiWriter  # noqa: PLC0415
        from shared import gemini  # noqa: PLC0415

        async with gemini.connected(settings, gate) as client:
            yield GeminiWriter(client)


@asynccontextmanager
async def build(parts: Parts[ServiceSettings, Rows]) -> AsyncIterator[Documents]:
    """Build the handler, and tell which engine it writes with."""
    async with (
        storage.opened(parts.settings) as stored,
        engine(parts.settings, parts.gate) as writer,
    ):
        rows = parts.database.alone.rows
        await patiently(lambda: rows.save_engine(writer.engine))
        articles = ArticleStep(writer, stored, pictures.take)
        yield Documents(OutlineStep(writer), articles, parts.units)


def frame() -> Frame[ServiceSettings, Rows, Event]:
    """Return the service, as the environment describes it."""
    # Every setting comes from the environment, which the type checker cannot see.
    settings = ServiceSettings()  # type: ignore[call-arg, unused-ignore]
    return service.worker(Service.DOCGEN, settings, PostgresRows, build)


if __name__ == "__main__":
    service.run(frame())
