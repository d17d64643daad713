"""What a client says and hears, as plain data: commands in JSON, outcomes, events, and the subjects they travel on."""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

LATE = "WAIT_DEADLINE"

_UNSAFE_IN_TOKEN = re.compile(r"[.*>%\s\x00-\x1f\x7f-\x9f]")


class Finding(NamedTuple):
    """Why a command was refused. `path` is a JSON Pointer into the command, `""` for the whole of it."""

    code: str
    path: str
    text: str


class Would(NamedTuple):
    """An event that a command would have written."""

    type: str
    subject: str
    data: Any


class Outcome(NamedTuple):
    """`status` is accepted, rejected or unchanged; `position` the last one of the commit.

    Of a dry run `would` are the events that it would have written, as many as fit; `would_be` is their number.
    """

    command: str
    status: str
    position: int
    events: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    would: tuple[Would, ...] = ()
    would_be: int | None = None

    @property
    def unavailable(self) -> bool:
        """Nothing was decided, and asking again under the same id may help."""
        return any(finding.code.startswith("UNAVAILABLE_") for finding in self.findings)

    @property
    def late(self) -> bool:
        """Decided and durable, but not yet as far as was to be waited for."""
        return any(finding.code == LATE for finding in self.findings)


class Event(NamedTuple):
    """One fact of the log: its stored bytes, and what they say."""

    position: int
    subject: str
    body: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        """All CloudEvents attributes, with `data`."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def type(self) -> str:
        return str(self.envelope["type"])

    @property
    def data(self) -> Any:
        return self.envelope["data"]

    @property
    def message(self) -> str:
        """Why its commit was made, on the commit's first event; else `""`."""
        return unquote(self.envelope.get("commitmessage", ""))


def outcome_of(reply: bytes) -> Outcome:
    """Raises `ValueError` for anything else."""
    try:
        value = json.loads(reply)
        findings = tuple(Finding(f["code"], f["path"], f["text"]) for f in value["findings"])
        would = tuple(Would(w["type"], w["subject"], w["data"]) for w in value.get("would", ()))
        events = tuple(value["events"])
        return Outcome(
            value["command"], value["status"], value["position"], events, findings, would, value.get("wouldBe")
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an outcome: {reply[:200]!r}") from error


def token(text: str) -> str:
    """One subject token; what NATS gives a meaning to is written `%XX`."""
    return _UNSAFE_IN_TOKEN.sub(lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), text) or "%"


def subject_matches(subject: str, patterns: Sequence[str]) -> bool:
    """Whether a subject is meant by one of the patterns (`*` one token, `>` the rest); none given: every subject is."""
    return not patterns or any(_matches(subject.split("."), pattern.split(".")) for pattern in patterns)


def _matches(tokens: Sequence[str], pattern: Sequence[str]) -> bool:
    for index, wanted in enumerate(pattern):
        if wanted == ">":
            return len(tokens) > index
        if index >= len(tokens) or wanted not in ("*", tokens[index]):
            return False
    return len(tokens) == len(pattern)
