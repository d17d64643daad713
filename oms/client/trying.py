"""Asking again: the same command under the same id, until there is an answer or the deadline has passed."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from oms.client.messages import Outcome

TRY_SECONDS = 5.0
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0


class Unavailable(Exception):
    """No answer in time. `cause` says what the last try met, `remedy` what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause, self.remedy = cause, remedy
        super().__init__(f"{cause}; {remedy}")


async def until_answered(ask: Callable[[float], Awaitable[Outcome]], identity: str, deadline: float) -> Outcome:
    """`ask(seconds)` is one try. Repeating is safe since the id stays. Raises `Unavailable` after `deadline` seconds."""
    clock = asyncio.get_running_loop().time
    end = clock() + deadline
    pause, cause = FIRST_PAUSE, "no try was made"
    while (left := end - clock()) > 0:
        try:
            outcome = await ask(min(left, TRY_SECONDS))
        except (NatsError, OSError) as error:
            cause = _said(error)
        else:
            if not outcome.unavailable:
                return outcome
            cause = outcome.findings[0].text
        await asyncio.sleep(min(pause * random.uniform(0.5, 1.5), max(end - clock(), 0)))  # noqa: S311  spreads clients, guards nothing
        pause = min(pause * 2, LONGEST_PAUSE)
    raise Unavailable(
        f"no outcome of command {identity} within {deadline:g} s: {cause}",
        f"it may yet be decided; send it again under the same id, or ask: oms outcome {identity}",
    )


def _said(error: Exception) -> str:
    if isinstance(error, NoRespondersError):
        return "no committer listens; is `oms up` running?"
    if isinstance(error, TimeoutError):
        return "the committer did not answer"
    return str(error) or type(error).__name__
