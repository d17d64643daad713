"""What happens while OMS runs, as lines on standard error: for people, or with `--json` one JSON object a line."""

import logging
import sys
from contextlib import suppress
from io import StringIO
from typing import Any

import structlog


class _Errors(StringIO):
    """Standard error, whatever that is by now. Where it takes no words, as a file on a full disk, nothing ends for that."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def logger(level: str, *, as_json: bool) -> Any:
    """A structlog logger; `level` is `debug`, `info`, `warning` or `error`. Times are UTC."""
    shown = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.wrap_logger(
        structlog.WriteLogger(_Errors()),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )
