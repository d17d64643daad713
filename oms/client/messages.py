"""What a client says and hears, as plain data: commands in JSON, outcomes, events, and the subjects they travel on."""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

MAX_COMMAND_BYTES = 1_000_000

_UNSAFE_IN_TOKEN = re.compile(r"[.*>%\s\x00-\x1f\x7f-\x9f]")
_SAFE_TOKENS = re.compile(r"[^.*>\s]+")


class Finding(NamedTuple):
    """Why a command was refused. `path` is a JSON Pointer into the command, `""` for the whole of it."""

    code: str
    path: str
    text: str


class Outcome(NamedTuple):
    """`status` is accepted, rejected or unchanged; `position` the last one of the commit."""

    command: str
    status: str
    position: int
    events: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def unavailable(self) -> bool:
        """Nothing was decided, and asking again under the same id may help."""
        return any(finding.code.startswith("UNAVAILABLE_") for finding in self.findings)


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


def outcome_of(reply: bytes) -> Outcome:
    """Raises `ValueError` for anything else."""
    try:
        value = json.loads(reply)
        findings = tuple(Finding(f["code"], f["path"], f["text"]) for f in value["findings"])
        return Outcome(value["command"], value["status"], value["position"], tuple(value["events"]), findings)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an outcome: {reply[:200]!r}") from error


def command_of(parts: dict[str, Any]) -> bytes:
    """A command's JSON; what is `None` is left out. Raises `ValueError` for NaN, `TypeError` for what JSON has no word for."""
    said = {name: value for name, value in parts.items() if value is not None}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def refused_here(identity: str, branch: str, command: str, body: bytes) -> Outcome | None:
    """What no subject and no server could carry is refused before it is sent, with the codes a server would use."""
    findings = []
    if len(branch.split("/")) != 3 or not all(_SAFE_TOKENS.fullmatch(part) for part in branch.split("/")):
        findings.append(
            Finding("BRANCH_NAME", "/branch", f"{branch!r} is no branch name; it is <env>/<service>/<purpose>")
        )
    if not _SAFE_TOKENS.fullmatch(command):
        findings.append(Finding("COMMAND_TYPE_UNKNOWN", "/type", f"there is no command {command!r}"))
    if len(body) > MAX_COMMAND_BYTES:
        text = f"the command has {len(body):,} bytes, at most {MAX_COMMAND_BYTES:,} are taken; split it"
        findings.append(Finding("COMMAND_TOO_LARGE", "", text))
    return Outcome(identity, "rejected", 0, (), tuple(findings)) if findings else None


def subject_of(door: str, ontology: str, principal: str, branch: str, command: str) -> str:
    """`oms.<door>.<ontology>.<principal>.<env>.<service>.<purpose>.<command>`."""
    return ".".join(["oms", door, ontology, token(principal), *branch.split("/"), command])


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
