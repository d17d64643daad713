"""A decider answers a command with events, and folds events into states. Pure.

A command is decided against the states it reads, as its branch sees them. Reads are found step by step: `reads` names
every key that can be named from what is known so far, and is asked again until nothing new comes; a state that turns
out to be needed later raises `Unread`, is loaded, and the (pure) decision is made again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ConfigDict

from events.names import Key, Rid
from events.objects.screen import NO_SCREEN, Screen
from events.objects.sealing import NO_SEALS, Seals
from events.objects.splits import NO_SPLITS, Splits
from events.objects.uploaded import NO_UPLOADS, Uploaded

if TYPE_CHECKING:
    from events.branches.elsewhere import Elsewhere
    from events.merges.again import Grounds

State = dict[str, Any]
"""What is known of one key: plain JSON values. `None` = it does not exist (any more)."""

Lookup = Callable[[Key], State | None]

UNDER: Final = "under/"
MOST: Final = 100_000  # keys under one prefix, and links that a decision looks through


class Payload(BaseModel):
    """`data` of a command or an event: frozen, nothing extra, nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, strict=True)


class Head(Struct, frozen=True, gc=False):
    """The current version of a key on a branch: the position that wrote it (0 = never written) and its state."""

    position: int
    state: State | None


class Unread(LookupError):
    """A state was needed that nobody loaded yet; `others` are needed, too, and looked up in the same place."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.others: tuple[Key, ...] = ()
        super().__init__(key)

    @property
    def keys(self) -> tuple[Key, ...]:
        return self.key, *self.others


class Drafted(Struct, frozen=True, gc=False):
    """An event that was decided but has no position yet."""

    key: Key  # `<aggregate>/<id>`: becomes the CloudEvents subject
    slug: str  # class token of the NATS subject, "-" where the aggregate has none
    payload: Payload
    effective: str | None = None  # valid time, where it is not the commit's


class Heads(Protocol):
    def __getitem__(self, key: Key, /) -> Head:
        """Raises `Unread`."""


@dataclass(slots=True)
class Context:
    """What a decision may know. `heads` holds states as the command's branch sees them."""

    branch: str
    author: str
    time: int  # microseconds since 1970-01-01T00:00:00Z, of the commit
    new_id: Callable[[], str]  # a UUIDv7 in text, another one at each call; the same ones when it is decided again
    heads: Heads  # of the branch; `branch/…` and `slug/…` keys are of the whole ontology, and asked just the same
    position: int = 0  # where the log ended before this commit
    elsewhere: "Elsewhere | None" = None  # the rest of the log, for those few who ask for it
    seals: Seals = NO_SEALS
    permit: str = ""  # the protected branch that may be written all the same: an approved proposal is being merged
    planned: bool = False  # a migration that was approved decides this: it brings along what objects would lack
    room: bool = False  # it is for as long as a migration runs: a type need not be all that it shall be again
    screen: Screen = NO_SCREEN
    splits: Splits = NO_SPLITS
    uploaded: Uploaded = NO_UPLOADS
    notes: dict[Any, Any] = field(default_factory=dict, init=False)  # kept while one command is decided again and again
    grounds: "Grounds | None" = field(default=None, init=False)  # of a merge that was decided

    def get(self, key: Key) -> State | None:
        """The state behind a key, `None` if there is none. Raises `Unread`."""
        return self.heads[key].state

    def head(self, key: Key) -> Head:
        """The state and the position that last changed it. Raises `Unread`."""
        return self.heads[key]

    def under(self, prefix: str) -> Sequence[Key]:
        """The keys `<prefix><last part>` that are there, in key order; `prefix` ends with `/`.

        Their states are known then, too. Raises `Unread`, and `Refused` where there are more than `MOST`.
        """
        found = self.heads[under_key(prefix)].state
        assert found is not None
        keys: Sequence[Key] = found["keys"]
        return keys

    def like(self, **said: Any) -> "Context":
        """Another one of the same decision, in which this is otherwise: what is noted is noted for both."""
        other = replace(self, **said)
        other.notes = self.notes
        return other

    def new_rid(self, kind: str) -> Rid:
        """`kind` in kebab-case, e.g. `object-type`."""
        return Rid(f"ri.oms.{kind}.{self.new_id()}")


def under_key(prefix: str) -> Key:
    """What stands for all keys `<prefix><last part>` where keys are named: its state is `{"keys": […]}`."""
    return Key(f"{UNDER}{prefix}")


class Decider(Protocol):
    """One aggregate."""

    aggregate: str
    COMMANDS: tuple[type[Payload], ...]
    EVENTS: Mapping[str, type[Payload]]  # by CloudEvents type

    def reads(self, context: Context, command: Payload) -> Iterable[Key]:
        """Every key that can be named from what `context` already holds."""

    def target(self, context: Context, command: Payload) -> Key | None:
        """The entity the command is about (`expected` refers to it); `None` if there is none. Raises `Unread`."""

    def decide(self, context: Context, command: Payload) -> list[Drafted]:
        """The events; `[]` when nothing would change. Raises `Refused` with all findings, or `Unread`."""

    def evolve(self, state: State | None, event: Payload) -> State | None:
        """The entity's next state. Owns nothing of `state`: returns a new dict where it differs."""


def as_far_as_known(keys: Iterable[Key]) -> list[Key]:
    """The keys up to the first state that nobody loaded yet, that one included."""
    known: list[Key] = []
    try:
        known.extend(keys)  # keeps what came before the error
    except Unread as unread:
        known.extend(unread.keys)
    return known


Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def needed(look: Callable[[Asked], Answer], asked: Iterable[Asked]) -> list[Answer]:
    """What `look` finds for each; what nobody loaded yet is asked for all at once. Raises `Unread`."""
    found: list[Answer] = []
    first: Unread | None = None
    others: list[Key] = []
    for each in asked:
        try:
            found.append(look(each))
        except Unread as unread:
            first = first or unread
            others += unread.keys
    if first is not None:
        first.others = tuple(others[1:])
        raise first
    return found


Fold = Callable[[Lookup, Key, Payload], Iterable[tuple[Key, State | None]]]
"""`fold(get, key, event)`: every head that an event changes: the entity's own, and the reserved ones (`unique/…`) it
implies. `get` gives states before the event and raises `Unread`; nothing else may be read. `None` frees a key."""
