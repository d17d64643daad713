"""A command as the committer takes it: parsed, its parts known, nothing decided yet."""

from collections.abc import Callable

from msgspec import Struct

from events.decider import Payload
from events.findings import Finding
from producers.ahead import LONG, Ahead
from producers.outbox import CommandKey


class Part(Struct, frozen=True, gc=False):
    """One instruction of a command; a `Commit` has many. `path` is where its data stands in the command."""

    type: str
    payload: Payload
    expected: int | None
    path: str
    effective: str | None = None  # as it is stored


class Submitted(Struct, frozen=True, gc=False):
    """`digest` is the SHA-256 (hex) of what was asked, without the id. `findings`: what made it unreadable."""

    key: CommandKey
    digest: str
    type: str
    branch: str
    author: str
    parts: tuple[Part, ...] = ()
    message: str = ""
    effective: str | None = None
    on_behalf_of: str | None = None
    correlation: str | None = None
    traceparent: str | None = None
    findings: tuple[Finding, ...] = ()
    dry_run: bool = False  # nothing of it is written or remembered
    ahead: Ahead | None = None  # what was decided of it beside the commits
    large: bool = False  # it needs many sections, and was put off to be decided ahead

    @property
    def line(self) -> tuple[str, str]:
        """Whoever comes behind in it waits for the answer: one for each principal and branch."""
        return self.key.principal, self.branch

    @property
    def long(self) -> bool:
        """Whether it is decided ahead, if somebody does so."""
        return self.large or self.type in LONG


class Limits(Struct, frozen=True, gc=False):
    event_bytes: int = 512 * 1024 - 2048  # encoded event; the rest is left for headers and the server's own
    subject_bytes: int = 1024
    commit_events: int = 100_000
    clock_ahead: int = 300_000_000  # µs the log's head may be ahead of this clock


NewId = Callable[[], str]
"""A UUIDv7 in text, another one at each call."""
