"""What a decision may ask of the log beyond its own branch as it is now: any branch as it was, and what was written where.

Nothing is read at once: what nobody told yet is noted and `Unasked` raised, the planner asks for all of it in one go,
and the (pure) decision is made again.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from events.branches.ancestry import Vectors
from events.branches.lineage import Lineage
from events.decider import Context, Head, Heads, State, Unread
from events.names import Key


class Unasked(Unread):
    """Something was needed that nobody told yet; whoever was asked has noted what."""

    def __init__(self) -> None:
        super().__init__(Key(""))


class Commit(NamedTuple):
    branch: str
    first: int
    last: int
    id: str


class View(Protocol):
    """States as one branch sees them at one position."""

    def get(self, key: Key) -> State | None:
        """Raises `Unasked`."""

    def head(self, key: Key) -> Head:
        """The state and the position that wrote it. Raises `Unasked`."""

    def glimpse(self, key: Key) -> State | None:
        """As `get`, but `None` for what nobody told yet, which is noted: to be followed by `Elsewhere.need`."""

    def states(self, keys: Collection[Key]) -> Mapping[Key, State | None]:
        """Of many keys at once. Raises `Unasked`."""


class Elsewhere(Protocol):
    """All positions are written already, none is of the commit that is being decided. All but `need` raise `Unasked`."""

    vectors: Vectors

    def here(self, heads: Heads) -> View:
        """The command's own branch, as its commit has left it so far."""

    def at(self, branch: str, position: int) -> View:
        """A branch as it was at a position."""

    def branch(self, name: str, at: int) -> State | None:
        """A branch's own state at a position, `None` before it was created."""

    def lineage(self, branch: str, at: int) -> Lineage:
        """Through which stretches a branch is read at a position."""

    def written(self, branch: str, after: int, until: int) -> Sequence[Key]:
        """The entities that commits of that very branch wrote at after < p ≤ until, each once."""

    def page(self, branch: str, at: int, prefix: str, after: str, limit: int) -> Sequence[Key]:
        """The first keys `<prefix><last part>` behind the key `after` that a branch ever had up to a position, in order.

        Fewer than `limit` are the last ones. Some may be gone; states come with none of them.
        """

    def tip(self, branch: str, at: int) -> int:
        """Last position of the newest commit on that very branch up to a position; 0 = none."""

    def commit(self, branch: str, at: int) -> Commit | None:
        """The newest commit on that very branch up to a position."""

    def commit_named(self, identity: str) -> Commit | None: ...

    def commit_end(self, position: int) -> int:
        """Last position of the commit, of whatever branch, that holds a position; 0 = nobody wrote there."""

    def need(self) -> None:
        """Raises `Unasked` if something is noted."""


def elsewhere(context: Context) -> Elsewhere:
    """Raises `TypeError` where a context knows its own branch only."""
    if context.elsewhere is None:
        raise TypeError("this decision reads more than its own branch; the context does not offer that")
    return context.elsewhere
