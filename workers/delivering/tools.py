"""What an endpoint needs of the world around it."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from events.decider import State
from events.subscriptions.letters import Deferred, Due, Letter, Try
from workers.delivering.reporting import Reporter
from workers.delivering.sent import Sent
from workers.delivering.shares import Shares

Start = Callable[[Coroutine[Any, Any, None]], object]


@dataclass(frozen=True, slots=True)
class Tools:
    """`clock` in s since the epoch, `chance` in [0, 1); `schedule`: of who names none.

    What `send` does not send is not wanted after all, and told `over`.
    """

    send: Callable[[State, Letter], Awaitable[Sent | None]]
    later: Callable[[Due, float], Awaitable[None]]
    note: Callable[[Try], None]
    wait: Callable[[Deferred], None]
    over: Callable[[tuple[str, int]], None]
    reporter: Reporter
    shares: Shares
    start: Start
    clock: Callable[[], float]
    chance: Callable[[], float]
    rest: Callable[[float], Awaitable[None]]
    schedule: Sequence[int]
