"""Structured logs: one line an event, constant names, values as fields, the job's id in each."""

import logging
import sys

import structlog


def configure(*, plain: bool | None = None) -> None:
    """Log to standard error: readable lines where `plain` (by default a terminal), else JSON."""
    if plain is None:
        plain = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if plain else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    # The libraries' own loggers: only what is wrong. aio-pika tells of each lost connection.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
