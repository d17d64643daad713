"""A finding says what is wrong with a command: a stable code, where, and a sentence with every fact in it.

Codes are listed in `docs/findings.md`; a code never changes its meaning.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict


class Finding(NamedTuple):
    """`path` is a JSON Pointer (RFC 6901) into the command, `""` for the whole of it."""

    code: str
    path: str
    text: str


class Refused(Exception):
    """A command that cannot be accepted; holds every finding, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{f.code} at {f.path or '/'}: {f.text}" for f in self.findings))


class EnvelopeError(Refused, ValueError):
    """Bytes or headers that are no event as the CloudEvents specification or OMS wants it. One finding."""

    def __init__(self, code: str, path: str, text: str) -> None:
        self.code, self.path, self.text = code, path, text
        super().__init__([Finding(code, path, text)])


class Outcome(BaseModel):
    """What became of a command. `position` is the last position of its commit, or of the log's head if it wrote nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    status: Literal["accepted", "rejected", "unchanged"]
    position: int
    events: list[str] = []
    findings: list[Finding] = []
