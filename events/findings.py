"""A finding says what is wrong with a command: a stable code, where, and a sentence with every fact in it.

Codes are listed in `docs/findings.md`; a code never changes its meaning.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field

MAX_TEXT: Final = 2_000  # characters of a path or a text in an answer
MAX_BYTES: Final = 256 * 1024  # of all findings of an answer, as JSON


class Finding(NamedTuple):
    """`path` is a JSON Pointer (RFC 6901) into the command, `""` for the whole of it."""

    code: str
    path: str
    text: str


def listed(findings: Sequence[Finding]) -> list[Finding]:
    """As many of them as an answer can carry, in their order; the last one says how many are left out."""
    told: list[Finding] = []
    size = 0
    for code, path, text in findings:
        told.append(Finding(code, path[:MAX_TEXT], text[:MAX_TEXT]))
        size += len(msgspec.json.encode(told[-1]))
        if size > MAX_BYTES:
            told.pop()
            left = len(findings) - len(told)
            told.append(Finding("COMMAND_MORE_FINDINGS", "", f"{left:,} more findings; correct these first"))
            break
    return told


class Refused(Exception):
    """A command that cannot be accepted; holds every finding, not only the first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "; ".join(f"{f.code} at {f.path or '/'}: {f.text}" for f in self.findings)


class EnvelopeError(Refused, ValueError):
    """Bytes or headers that are no event as the CloudEvents specification or OMS wants it. One finding."""

    def __init__(self, code: str, path: str, text: str) -> None:
        self.code, self.path, self.text = code, path, text
        super().__init__([Finding(code, path, text)])


class FindingMessage(BaseModel):
    """A finding as an outcome carries it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(description="stable; `docs/findings.md` says what each means")]
    path: Annotated[str, Field(description='JSON Pointer into the command, `""` for the whole of it')]
    text: Annotated[str, Field(description="a sentence with every fact in it")]


class WouldMessage(BaseModel):
    """An event that a command would have written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Annotated[str, Field(description="CloudEvents type")]
    subject: Annotated[str, Field(description="`<aggregate>/<id>`")]
    data: Annotated[dict[str, Any], Field(description="as it would be stored")]


class Outcome(BaseModel):
    """What became of a command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: Annotated[str, Field(description='the command\'s id; `""` when it could not be read')]
    status: Literal["accepted", "rejected", "unchanged"]
    position: Annotated[
        int, Field(ge=0, description="the last position of its commit; of the log's head, if it wrote nothing")
    ]
    events: Annotated[list[str], Field(description="ids of its events, in the order of their positions")]
    findings: Annotated[list[FindingMessage], Field(description="everything that was wrong, or that is worth knowing")]
    would: Annotated[
        list[WouldMessage] | None, Field(description="of a dry run: its events, as many as fit into 256 KiB")
    ] = None
    would_be: Annotated[int | None, Field(alias="wouldBe", description="of a dry run: how many events")] = None


class Answer(Outcome):
    """What a question is answered with: it decides nothing, so `unchanged`, or `rejected` with the reasons."""

    position: Annotated[int, Field(ge=0, description="the position at which it was read")]
    answer: Annotated[dict[str, Any] | None, Field(description="what was asked for")] = None
