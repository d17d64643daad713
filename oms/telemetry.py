"""What happens while OMS runs, as lines on standard error: for people, or with `--json` one JSON object a line."""

import logging
import sys
from typing import Any

import structlog


def logger(level: str, *, as_json: bool) -> Any:
    """A structlog logger; `level` is `debug`, `info`, `warning` or `error`. Times are UTC."""
    shown = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )
