"""What a CloudEvent that arrives is here: a command, for the log holds only what was decided. Pure.

io.oms.command.<name>.v1      that command; its data is {branch, data, …}, as on NATS
another type                  what a mapping says: commands of one commit
io.oms.…                      a fact of OMS: it is decided here, never told from outside
"""

import json
import re
from hashlib import sha256
from typing import Any, Final, NamedTuple

from events.findings import Finding, Refused
from events.names import BRANCH
from events.wire.cloudevents import CloudEvent
from events.wire.strict_json import parse
from gateways.http.ports import Translate

LONGEST: Final = 200  # characters of a command's id
_COMMAND: Final = re.compile(r"io\.oms\.command\.(\w+)\.v1")
_OURS: Final = "io.oms."
_BLANKS: Final = b" \t\r\n"


class Wanted(NamedTuple):
    """A command as it is sent on; without a body there is nothing to do."""

    id: str
    type: str
    branch: str
    body: bytes


def wanted(event: CloudEvent, translate: Translate) -> Wanted:
    """Raises `Refused`."""
    kind = str(event.attributes["type"])
    named = _COMMAND.fullmatch(kind)
    if named is not None:
        return _command(event, named[1])
    if kind.startswith(_OURS):
        text = f"{kind[:LONGEST]} is decided by OMS and told by it alone; send the command that it comes from"
        raise Refused([Finding("GATEWAY_FACT", "/type", text)])
    return _translated(event, translate)


def identity(event: CloudEvent) -> str:
    """One event, one command: made of source and id, which no other event has; a URI holds no blank."""
    text = f"{event.attributes['source']} {event.attributes['id']}"
    return text if len(text) <= LONGEST else f"sha256-{sha256(text.encode()).hexdigest()}"


def _command(event: CloudEvent, name: str) -> Wanted:
    """Its data goes on byte for byte, id and type in front. A signature covers the id: then it is the event's own."""
    data = (event.data or b"").strip(_BLANKS)
    said = parse(data) if data else None
    if not isinstance(said, dict) or not said.keys().isdisjoint(("id", "type")):
        text = "the data of a command is a JSON object {branch, data, …}; id and type are the event's"
        raise Refused([Finding("COMMAND_SHAPE", "/data", text)])
    named = str(event.attributes["id"]) if "signature" in said else identity(event)
    head: dict[str, Any] = {"id": named, "type": name}
    if "traceparent" in event.attributes and not said.keys() & {"traceparent", "signature"}:
        head["traceparent"] = event.attributes["traceparent"]
    body = _json(head)[:-1] + (b"," if said else b"") + data[1:]
    return Wanted(named, name, _checked(said.get("branch"), "/data/branch"), body)


def _translated(event: CloudEvent, translate: Translate) -> Wanted:
    found = translate(event)
    kind = str(event.attributes["type"])
    if found is None:
        text = f"nothing here says what {kind[:LONGEST]} is; name it in `gateway_mappings`, or send a command"
        raise Refused([Finding("GATEWAY_NOT_MAPPED", "/type", text)])
    named = identity(event)
    branch = _checked(found.branch, "/branch")
    if not found.commands:
        return Wanted(named, "Commit", branch, b"")
    message = {"id": named, "type": "Commit", "branch": branch, "message": f"{kind} from {event.attributes['source']}"}
    message["message"] = message["message"][:1_000]
    return Wanted(named, "Commit", branch, _json({**message, "data": {"commands": list(found.commands)}}))


def _checked(branch: object, path: str) -> str:
    if isinstance(branch, str) and BRANCH.fullmatch(branch):
        return branch
    wrong = "branch is missing" if branch is None else f"{str(branch)[:LONGEST]!r} is no branch name"
    text = f"{wrong}; it is <env>/<service>/<purpose> in lower case, such as prod/flights/main"
    raise Refused([Finding("BRANCH_NAME", path, text)])


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
