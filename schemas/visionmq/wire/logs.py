"""Structured logs: one JSON object a line (or coloured text on a terminal), events with fields.

Logs carry request ids; never pictures, names or document text.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger


def configure(part: str, *, level: str = "info", sink: Callable[[str, str], None] | None = None) -> None:
    """Set logging of this process up: to stderr, at `level`, with `part` in every line.

    `sink(level, line)` gets each line as JSON too, for instance to keep the last ones.
    """
    render_json = structlog.processors.JSONRenderer()

    def tee(_logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        if sink is not None:
            sink(name, str(render_json(_logger, name, dict(event))))
        return event

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        tee,
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else render_json,
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(part=part)
