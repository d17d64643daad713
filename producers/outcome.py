"""What a command is answered with, as JSON: what became of it, or of a dry run, what would become of it."""

from collections.abc import Iterator, Sequence
from traceback import extract_tb
from typing import Any, Final

import msgspec

from events.findings import MAX_BYTES, Finding
from producers.ahead import Worded
from producers.command import Submitted

_encode: Final = msgspec.json.Encoder().encode


def outcome_of(
    submitted: Submitted,
    status: str,
    position: int,
    events: list[str],
    findings: Sequence[Finding],
    would: Sequence[Worded] | None = None,
) -> bytes:
    """See `events.findings.Outcome`; `would` is for a dry run."""
    outcome = {
        "command": submitted.key.id,
        "status": status,
        "position": position,
        "events": events,
        "findings": [{"code": f.code, "path": f.path, "text": f.text} for f in findings],
    }
    if would is not None:
        outcome |= {"would": list(_told(would)), "wouldBe": len(would)}
    return _encode(outcome)


def failed(fault: Exception) -> Finding:
    """A fault of OMS, not of the command. What the fault says may hold a value, and an answer is kept: so it is not told."""
    place = extract_tb(fault.__traceback__)[-1]
    file = place.filename.rpartition("/")[2]
    what = f"{type(fault).__name__} in {place.name}, line {place.lineno} of {file}"
    text = f"deciding it met a fault of OMS ({what}); nothing was written, send it again once that is mended"
    return Finding("COMMAND_FAILED", "", text)


def _told(would: Sequence[Worded]) -> Iterator[dict[str, Any]]:
    """As many of the events as an answer can carry."""
    left = MAX_BYTES
    for each in would:
        left -= len(each.data) + len(each.key.encode())
        if left < 0:
            return
        yield {"type": each.type, "subject": each.key, "data": msgspec.Raw(each.data)}
