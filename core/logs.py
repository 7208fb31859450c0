"""The portal's own log: one line for each thing that happened, without personal data."""

from __future__ import annotations

import logging
import re
import sys
import traceback

import structlog

from core.config import Config

DETAILS = re.compile(r"^(DETAIL|CONTEXT|ПОДРОБНОСТИ|КОНТЕКСТ): .*\n?", re.MULTILINE)
"""What PostgreSQL adds to an error: the row's values, names and numbers among them."""


def configure_logs(config: Config) -> None:
    """Send the log to standard error as text or as JSON lines."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if config.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(_traceback),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[config.log_level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _traceback(exc_info: structlog.typing.ExcInfo) -> str:
    """The traceback without local variables and without the values of rows."""
    return DETAILS.sub("", "".join(traceback.format_exception(*exc_info))).rstrip()
