"""Structured logs: one line an event, constant names, values as fields, the job's id in each."""

import logging
import sys

import structlog

from shared.formats.names import shown


def configure(*, plain: bool | None = None) -> None:
    """Log to standard error: readable lines where `plain` (by default a terminal), else JSON."""
    if plain is None:
        plain = sys.stderr.isatty()
    renderers: list[structlog.typing.Processor] = (
        # JSON escapes what would steer a terminal; readable lines do not.
        [_harmless, structlog.dev.ConsoleRenderer()]
        if plain
        else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *renderers,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    # The libraries' own loggers: only what is wrong. aio-pika tells of each lost connection.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


def _harmless(
    logger: object, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    del logger, method
    # A traceback has lines of its own.
    return {
        key: shown(value) if isinstance(value, str) and key != "exception" else value
        for key, value in event.items()
    }
