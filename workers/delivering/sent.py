"""One request to an endpoint, and what is remembered of it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from events.decider import State
from events.subscriptions.letters import Letter, Try
from events.subscriptions.outgoing import Answered, Failed
from events.subscriptions.retrying import Delivered, Verdict


class Sent(NamedTuple):
    """What went out, and its end."""

    ended: Answered | Failed
    headers: Mapping[str, str]
    secrets: Sequence[str]  # ids


Send = Callable[[State, Letter], Awaitable[Sent]]
ID: Final = "webhook-id"


def tries(
    subscription: str, letter: Letter, sent: Sent, begun: float, now: float, verdict: Verdict, again: float | None
) -> Iterator[Try]:
    """One for each event. What was sent and answered stands at the first of a batch, at the others the id alone."""
    told = _tried(subscription, letter, sent, begun, now, verdict, again)
    yield told
    if letter.others:
        brief = {ID: sent.headers[ID]} if ID in sent.headers else {}
        told = told._replace(request=brief, response={}, answer=b"")
    for each in letter.others:
        yield told._replace(position=each.position, event=each.event)


def _tried(
    subscription: str, letter: Letter, sent: Sent, begun: float, now: float, verdict: Verdict, again: float | None
) -> Try:
    ended, time, taken = sent.ended, round(begun * 1e6), round((now - begun) * 1e6)
    found = Try(
        subscription, letter.position, letter.event, letter.attempt, letter.trigger, time, taken, "delivered", None,
        sent.secrets, sent.headers, {}, b"", "", None if again is None else round(again * 1e6), ended.address,
    )  # fmt: skip
    if isinstance(ended, Failed):
        return found._replace(kind=ended.kind, detail=ended.detail)
    kind = "delivered" if isinstance(verdict, Delivered) else f"status_{ended.status}"
    return found._replace(kind=kind, status=ended.status, response=ended.headers, answer=ended.body)
