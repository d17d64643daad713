"""What is carried out to an endpoint, what became of it, and how far the endpoint is."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from events.subscriptions.retrying import Failing

Trigger = Literal["event", "retry", "replay", "test"]


class Letter(NamedTuple):
    """An event on its way to one endpoint; `attempt` counts from 1."""

    position: int
    event: str  # its id
    body: bytes
    attempt: int = 1
    trigger: Trigger = "event"


class Try(NamedTuple):
    """One request and its end. Times in µs; `kind`: `delivered`, `status_<code>` or one of `outgoing.SENTENCES`.

    `next`: when it is tried again; `None` where it is not. `detail` is for the operator alone.
    """

    subscription: str
    position: int
    event: str
    attempt: int
    trigger: Trigger
    time: int
    taken: int
    kind: str
    status: int | None
    secrets: Sequence[str]
    request: Mapping[str, str]
    response: Mapping[str, str]
    answer: bytes
    detail: str
    next: int | None


class Standing(NamedTuple):
    """Of an endpoint: everything up to `position` is settled, `attempt` is the next one's; the last replay that was made.

    `replaying`: the number of the replay under way, of which everything up to `replay_at` is settled.
    """

    position: int
    failing: Failing | None = None
    attempt: int = 1
    replayed: int = 0
    replaying: int = 0
    replay_at: int = 0


class Waiting(NamedTuple):
    """Of an endpoint's letters that failed: how many come again, since when the oldest fails (µs), how many do not."""

    again: int
    oldest: int | None
    left: int


class Due(NamedTuple):
    """A letter that comes again."""

    subscription: str
    position: int
    attempt: int
