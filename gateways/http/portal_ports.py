"""What stands behind the portal, and who gives it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from events.decider import State
from events.subscriptions.letters import Sought, Try
from events.subscriptions.outgoing import Answered, Failed


class Secret(NamedTuple):
    """`shown` is for the receiver, and told once."""

    id: str
    shown: str


class Tested(NamedTuple):
    """`headers`: of the request, without secrets."""

    event: str
    headers: Mapping[str, str]
    ended: Answered | Failed


class Portal(Protocol):
    """All raise `OSError` where a store or a server is away; a subscription is named by its id, or by its state."""

    async def figures(self) -> Mapping[str, Mapping[str, Any]]:
        """By name: `oms.endpoints.EndpointFigures` as JSON."""

    async def tries(self, subscription: str, most: int, asked: Sought) -> Sequence[tuple[int, Try]]:
        """Numbered, the last first."""

    async def body(self, state: State, position: int) -> bytes | None:
        """As the event there would be sent now; `None` where there is none, or nothing would be."""

    async def undelivered(
        self, subscription: str, since: int, until: int, kinds: Collection[str] | None
    ) -> Sequence[int]:
        """Positions of what failed for good in a time (µs, `until` excluded), by one of `kinds`."""

    async def resend(self, subscription: str, positions: Sequence[int]) -> None: ...

    async def test(self, state: State, type_: str | None) -> Tested:
        """An example, sent now. Raises `Refused`."""

    async def secret(self, state: State) -> Secret:
        """A new one, kept for its signatures."""

    async def forget(self, secret: str) -> None: ...
