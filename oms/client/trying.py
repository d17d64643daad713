"""Asking again, until there is an answer or the deadline has passed. Commands are repeated under the same id."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

T = TypeVar("T")

TRY_SECONDS = 5.0
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0


class Unavailable(Exception):
    """No answer in time. `cause` says what the last try met, `remedy` what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause, self.remedy = cause, remedy
        super().__init__(f"{cause}; {remedy}")


class NotYet(Exception):
    """There is no answer yet. `meanwhile` is one that will do at the deadline, `None` if there is none."""

    def __init__(self, cause: str, meanwhile: object = None) -> None:
        self.meanwhile = meanwhile
        super().__init__(cause)


async def until_answered(ask: Callable[[float], Awaitable[T]], what: str, remedy: str, deadline: float) -> T:
    """`ask(seconds)` is one try, and safe to repeat. Raises `Unavailable` after `deadline` seconds."""
    clock = asyncio.get_running_loop().time
    end = clock() + deadline
    pause, cause, meanwhile = FIRST_PAUSE, "no try was made", None
    while (left := end - clock()) > 0:
        try:
            return await ask(min(left, TRY_SECONDS))
        except NotYet as not_yet:
            cause, meanwhile = str(not_yet), not_yet.meanwhile or meanwhile
        except (NatsError, OSError) as error:
            cause = _said(error)
        await asyncio.sleep(min(pause * random.uniform(0.5, 1.5), max(end - clock(), 0)))  # noqa: S311  spreads clients, guards nothing
        pause = min(pause * 2, LONGEST_PAUSE)
    if meanwhile is not None:
        return meanwhile  # type: ignore[return-value]  # what `ask` left
    raise Unavailable(f"{what} within {deadline:g} s: {cause}", remedy)


def _said(error: Exception) -> str:
    if isinstance(error, NoRespondersError):
        return "nobody listens (is `oms up` running?)"
    if isinstance(error, TimeoutError):
        return "no answer came"
    return str(error) or type(error).__name__
