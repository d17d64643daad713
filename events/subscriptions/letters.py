"""What is carried out to an endpoint, what became of it, and how far the endpoint is."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from events.subscriptions.outgoing import OURS
from events.subscriptions.pacing import Paced
from events.subscriptions.retrying import Failing

OVERDUE: Final = 600_000_000  # µs after its time; what has not come again by then never will
FOREVER: Final = 2**62  # µs
DISCARDED: Final = 0
NOT_JUDGED: Final = "not_judged"
"""The kind by which a letter fails that is `unjudged`."""
Trigger = Literal["event", "retry", "replay", "test"]


class Letter(NamedTuple):
    """An event on its way to one endpoint; `attempt` counts from 1. `others`: those of its batch, behind it.

    `unjudged`: a defect kept us from telling whether it is wanted; that is asked again before it is sent.
    """

    position: int
    event: str  # its id
    body: bytes
    attempt: int = 1
    trigger: Trigger = "event"
    others: Sequence["Letter"] = ()
    unjudged: bool = False

    @property
    def events(self) -> "list[Letter]":
        """Each by itself, as it is sent now."""
        return [each._replace(attempt=self.attempt, trigger=self.trigger, others=()) for each in (self, *self.others)]


def batch(letters: Sequence[Letter]) -> Letter:
    """Several, in order, as one."""
    return letters[0]._replace(others=tuple(letters[1:]))


class Try(NamedTuple):
    """One request and its end. Times in µs; `kind`: `delivered`, `status_<code>` or one of `outgoing.SENTENCES`.

    `next`: when it is tried again; `None` where it is not. `detail` is for the operator alone. `address`: the IP that
    was connected to, where one was.
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
    address: str | None = None


class Sought(NamedTuple):
    """Which tries of a subscription: of smaller numbers than `before`, of an event's position, that ended so,
    that began in a time (µs, `until` excluded); `failed`: those alone.
    """

    before: int = FOREVER
    failed: bool = False
    position: int | None = None
    kind: str | None = None
    since: int = 0
    until: int = FOREVER


ALL: Final = Sought()


class Standing(NamedTuple):
    """Of an endpoint: everything up to `position` is settled, `attempt` is the next one's; the last replay that was made.

    `batch`: the positions of the one that is being tried, where the next may not overtake.
    `expunged`: the number of the last expunging that was done.
    `replaying`: the number of the replay under way, of which everything up to `replay_at` is settled.
    `paced`: how it is spared, if it is.
    """

    position: int
    failing: Failing | None = None
    attempt: int = 1
    replayed: int = 0
    replaying: int = 0
    replay_at: int = 0
    batch: tuple[int, ...] = ()
    expunged: int = 0
    paced: Paced | None = None


class Waiting(NamedTuple):
    """Of an endpoint's letters that failed: how many come again, since when the oldest fails (µs), how many do not.

    `parked`: those of them that failed by a fault of our own; since when the oldest (µs).
    `deferred`: letters that were not tried yet, since their time is to come.
    """

    again: int
    oldest: int | None
    left: int
    parked: int = 0
    parked_since: int | None = None
    deferred: int = 0


class Deferred(NamedTuple):
    """A letter that goes out at `next` at first; that was found at `since`. Both in µs."""

    subscription: str
    position: int
    since: int
    next: int


class Unsent(NamedTuple):
    """A dead letter: it failed by a fault of our own, first at `since` (µs), last by `kind`, one of `outgoing.OURS`."""

    subscription: str
    position: int
    since: int
    kind: str
    detail: str


class Discarded(NamedTuple):
    """A dead letter that was given up: by whom, why, and when (µs)."""

    subscription: str
    position: int
    since: int
    kind: str
    detail: str
    author: str
    why: str
    time: int


class Due(NamedTuple):
    """A letter that comes again; `others`: the positions of its batch behind its own, `unjudged` as a letter is.

    With `attempt` `DISCARDED` it does not: it was given up.
    """

    subscription: str
    position: int
    attempt: int
    others: tuple[int, ...] = ()
    unjudged: bool = False

    @property
    def place(self) -> str:
        """Where its subscription has one such letter at most."""
        return f"{self.position}-{self.others[-1]}" if self.others else str(self.position)


def dues(subscription: str, letter: Letter, kind: str) -> list[Due]:
    """How it comes again. A batch does as it was sent; one that a fault of our own kept here comes apart: it may be that of one event."""
    if kind in OURS:
        return [Due(subscription, each.position, each.attempt + 1, (), kind == NOT_JUDGED) for each in letter.events]
    return [Due(subscription, letter.position, letter.attempt + 1, tuple(each.position for each in letter.others))]
