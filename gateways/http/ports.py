"""What stands behind the doors of HTTP, and who gives it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

from events.subscriptions.consent import Door as Consented
from events.wire.cloudevents import CloudEvent
from gateways.http.portal_ports import Portal
from gateways.http.tail import Tail
from queries.cursors import Cursor
from queries.versions import Versions

Right = Literal["read", "write", "webhooks"]
RIGHTS: Final[tuple[Right, ...]] = ("read", "write", "webhooks")


class NoAnswer(Exception):
    """Nobody answered a command: it may have been decided or not. The same event, sent again, finds out."""


class Ask(Protocol):
    async def __call__(self, subject: str, payload: bytes, headers: Mapping[str, str], seconds: float, /) -> bytes:
        """The outcome. Raises `NoAnswer`."""


class Caller(NamedTuple):
    """Who speaks; what is written is written by `principal`. `subscriptions`: all that may be seen with the right `webhooks`; `None`: any."""

    principal: str
    may: frozenset[str]
    subscriptions: frozenset[str] | None = None

    def sees(self, subscription: str) -> bool:
        return self.subscriptions is None or subscription in self.subscriptions


class Callers(Protocol):
    """Who may come in. All raise `OSError` where that cannot be read: then nobody may."""

    def anybody(self) -> bool:
        """Whether nobody has to say who they are."""

    def by_token(self, token: str) -> Caller | None: ...

    def by_signature(self, headers: Mapping[str, str], body: bytes) -> Caller | None:
        """Of Standard Webhooks; headers by lower-case name."""


class Turned(Protocol):
    """Hears of those who were turned away; `origin` = the door and from where."""

    def failed_login(self, origin: str, why: str) -> None: ...

    def denied(self, principal: str, origin: str, what: str, why: str) -> None: ...


class Translated(NamedTuple):
    """What somebody else's event is here: commands of one commit."""

    branch: str
    commands: Sequence[dict[str, Any]]


Translate = Callable[[CloudEvent], Translated | None]
"""`None`: nothing says what it is here. Raises `Refused`."""


class Cursors(Protocol):
    """Each principal's own, durable. Adapters pass `tests/ports/test_cursors.py` unchanged."""

    async def of(self, principal: str) -> Sequence[Cursor]:
        """By name."""

    async def one(self, principal: str, name: str) -> Cursor | None: ...

    async def put(self, principal: str, cursor: Cursor, expected: int | None = None) -> bool:
        """False, and nothing is written, where it is not at `expected`; 0 = not there."""

    async def drop(self, principal: str, name: str) -> bool:
        """Whether it was there."""


class ViewStands(NamedTuple):
    """`position` is `None` where the view is not there or cannot be read; `parked`: events that it could not apply."""

    view: str
    position: int | None
    parked: int = 0


class Figures(Protocol):
    def answered(self, route: str, status: int, seconds: float) -> None: ...

    def told(self, events: int) -> None:
        """Events that went out, by a stream or a page."""

    def streams(self, more: int) -> None:
        """So many more are open, or fewer."""

    async def text(self) -> str:
        """All figures, in Prometheus' text format."""


Told = Callable[[BaseException], None]


@dataclass(frozen=True, slots=True)
class Behind:
    """`clock` in µs; `told` hears why something could not be answered; `url` is the gateway's own; `versions` raises `gateways.reads.ViewUnreadable`."""

    ontology: str
    branch: str
    url: str
    tail: Tail
    ask: Ask
    callers: Callers
    turned: Turned
    translate: Translate
    cursors: Cursors
    versions: Callable[[], AbstractContextManager[Versions]]
    views: Callable[[], Iterator[ViewStands]]
    log_end: Callable[[], Awaitable[int]]
    figures: Figures
    clock: Callable[[], int]
    consents: Consented
    told: Told
    portal: Portal
    new_id: Callable[[], str]
    origins: Sequence[str] = ()
    rate: int = 0
    cors: Sequence[str] = ()  # sites whose pages may ask
