"""A command on its way: its JSON, its subject, and what no message could carry."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypedDict

from oms.client.messages import Finding, Outcome, token

MAX_COMMAND_BYTES = 1_000_000
_TOKEN = re.compile(r"[^.*>\s]+")


class Said(TypedDict, total=False):
    """What may be said with a command.

    `id`: sent twice, a command is decided once; made up if absent. `branch`, `author`: else the connection's.
    `expected`: position at which the target last changed, 0 if it must not exist. `message`: why.
    `effective`: since when it is true, RFC 3339; else when it is committed. `on_behalf_of`: whom the author acts for,
    `<user>@<service>`, and `reason`: why. `signature`: by whom it is, Ed25519 in base64url. `dry_run`: tell what
    would come of it, and write nothing. `correlation`: what it belongs to, kept in its events.
    """

    id: str | None
    branch: str | None
    author: str | None
    expected: int | None
    message: str | None
    effective: str | None
    on_behalf_of: str | None
    reason: str | None
    signature: str | None
    dry_run: bool
    correlation: str | None


Sign = Callable[[Mapping[str, Any]], str]
"""The signature of a command that has none yet: Ed25519 over its RFC 8785 JSON, in base64url without padding."""


Json = Any
Sections = Mapping[str, Json]
"""Contents by digest."""


class Sectioned(NamedTuple):
    """What a command says in place of a large value, and the sections that must be there before."""

    stub: Json
    sections: Sections


Split = Callable[[Json], Sectioned | None]
"""`None` for a value that is kept as it is. Raises `ValueError` for one that cannot be kept in sections."""


class Speaker(NamedTuple):
    """Who speaks, about which ontology; branch and author where a command names none.

    `sign` and `split`: how commands are signed and large values are split, if at all.
    """

    ontology: str
    principal: str
    branch: str
    author: str | None
    sign: Sign | None = None
    split: Split | None = None


class Message(NamedTuple):
    """A command as it travels. `refusal` is the outcome of one that cannot."""

    id: str
    branch: str
    subject: str
    body: bytes
    refusal: Outcome | None

    @property
    def large(self) -> bool:
        """Whether it is larger than a message may be."""
        return len(self.body) > MAX_COMMAND_BYTES


def message_of(speaker: Speaker, door: str, command: str, data: Mapping[str, Any], said: Said) -> Message:
    """`door` is cmd or queue. Raises `ValueError` for NaN, `TypeError` for what JSON has no word for."""
    branch = said.get("branch") or speaker.branch
    given = said.get("id")
    identity = str(uuid.uuid4()) if given is None else given  # NOTE "" is refused: who repeats it counts on its id
    named: dict[str, Any] = {"id": identity, "type": command, "branch": branch}
    named |= {"author": said.get("author") or speaker.author}
    named |= {"onBehalfOf": said.get("on_behalf_of"), "reason": said.get("reason")}
    named |= {name: said.get(name) for name in ("expected", "message", "effective", "correlation")} | {
        "data": dict(data)
    }
    named |= {"signature": said.get("signature")}
    named |= {"dryRun": said.get("dry_run") or None}
    present = {name: value for name, value in named.items() if value is not None}
    if speaker.sign is not None and "signature" not in present:
        present["signature"] = speaker.sign(present)
    body = json.dumps(present, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    subject = ".".join(["oms", door, speaker.ontology, token(speaker.principal), *branch.split("/"), command])
    findings = tuple(_findings(branch, command, body))
    return Message(
        identity, branch, subject, body, Outcome(identity, "rejected", 0, (), findings) if findings else None
    )


def _findings(branch: str, command: str, body: bytes) -> Iterator[Finding]:
    """With the codes that OMS itself would use."""
    parts = branch.split("/")
    if len(parts) != 3 or not all(_TOKEN.fullmatch(part) for part in parts):
        yield Finding("BRANCH_NAME", "/branch", f"{branch!r} is no branch name; it is <env>/<service>/<purpose>")
    if not _TOKEN.fullmatch(command):
        yield Finding("COMMAND_TYPE_UNKNOWN", "/type", f"there is no command {command!r}")
    if len(body) > MAX_COMMAND_BYTES:
        text = f"the command has {len(body):,} bytes, at most {MAX_COMMAND_BYTES:,} are taken; split it"
        yield Finding("COMMAND_TOO_LARGE", "", text)
