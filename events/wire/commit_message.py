r"""Why a commit was made, as an attribute of its first event: `%`, and what no attribute may hold, percent-encoded.

"게이트 모델\n90 %" ◄─► "게이트 모델%0A90 %25"
"""

import re
from typing import Final

from events.wire.attributes import FORBIDDEN

_ESCAPED: Final = re.compile("[%" + FORBIDDEN.pattern[1:])
_RUN: Final = re.compile(r"(?:%[0-9A-F]{2})+")
_RIGHT: Final = re.compile(r"(?:[^%]|%[0-9A-F]{2})*", re.DOTALL)


def to_attribute(message: str) -> str | None:
    """`None` where there is nothing to say."""
    return _ESCAPED.sub(_percent, message) if message else None


def from_attribute(text: str | None) -> str:
    """The inverse. Raises `ValueError` for what `to_attribute` never writes."""
    if text is None:
        return ""
    if not _RIGHT.fullmatch(text):
        raise ValueError(text)
    return _RUN.sub(_plain, text)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


def _plain(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("%", "")).decode()
