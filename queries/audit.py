"""What is asked of the audit: who did what to which thing, when, and what had it been before.

Newest first, a page at a time: `before` is the last position of the page before.
"""

import json
from typing import Any, Final, NamedTuple

from events.wire import instants
from producers.outbox import Refusal
from projectors.audit import Entry
from projectors.incidents import Incident

LIMIT: Final = 50


class Search(NamedTuple):
    """What is not said is not asked for. Times in µs: since ≤ time < until.

    `actor` is an author, whole or the part before `@`, or on whose behalf it was; `resource` an entity, or the beginning
    of its key if it ends with `/`; `kind` what happened, as `object.updated.v1`, `object.updated` or `object`; `text` stands in the event;
    `trace` in its traceparent; `command` is the id of the command.
    """

    actor: str = ""
    resource: str = ""
    kind: str = ""
    branch: str = ""
    since: int | None = None
    until: int | None = None
    text: str = ""
    trace: str = ""
    command: str = ""
    before: int | None = None
    limit: int = LIMIT


class Refusals(NamedTuple):
    """As `Search`, of what was refused; `before` is a number there."""

    actor: str = ""
    branch: str = ""
    since: int | None = None
    until: int | None = None
    text: str = ""
    command: str = ""
    before: int | None = None
    limit: int = LIMIT


def told(entry: Entry) -> dict[str, Any]:
    """An entry as people and programs read it: who, for whom, what, where, when, before and after."""
    data = json.loads(entry.body).get("data")
    after = {name: value for name, value in data.items() if name != "was"} if isinstance(data, dict) else data
    return {
        "position": entry.position,
        "time": instants.to_text(entry.time),
        "author": entry.author,
        "on_behalf_of": entry.on_behalf_of,
        "what": entry.type.removeprefix("io.oms."),
        "branch": entry.branch,
        "resource": entry.entity,
        "commit": entry.commit,
        "command": entry.cause,
        "trace": entry.trace,
        "before": data.get("was") if isinstance(data, dict) else None,
        "after": after,
        "hash": entry.hash,
    }


def taken(entry: Entry) -> dict[str, Any]:
    """An entry that somebody may have made up: as its columns are, the body as it is."""
    told = entry._asdict() | {"time": _instant(entry.time), "what": entry.type.removeprefix("io.oms.")}
    told |= {"resource": told.pop("entity"), "body": entry.body.decode("utf-8", "backslashreplace")}
    return told


def _instant(time: int) -> str | int:
    try:
        return instants.to_text(time)
    except (instants.NotAnInstant, ValueError, OverflowError):
        return time


def as_stored(text: str) -> bytes:
    """How a text stands in the bytes of an event: as JSON has it, in UTF-8."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")


def incident(found: Incident) -> dict[str, Any]:
    """An incident as people and programs read it."""
    return found._asdict() | {"time": instants.to_text(found.time)}


def why(number: int, refusal: Refusal) -> dict[str, Any]:
    """A refusal as people and programs read it: who asked for what, and why it was not done."""
    findings = [dict(zip(("code", "path", "text"), finding, strict=True)) for finding in json.loads(refusal.findings)]
    return {
        "number": number,
        "time": instants.to_text(refusal.time),
        "principal": refusal.principal,
        "branch": refusal.branch,
        "command": refusal.type,
        "id": refusal.command_id,
        "codes": ", ".join(finding["code"] for finding in findings),
        "findings": findings,
    }
