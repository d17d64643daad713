"""`oms webhook replay`: a stretch of the log once more, counted first."""

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Sending
from oms.cli.output import complain, counted
from oms.cli.sending import SEEN, sent, show
from oms.cli.webhook_tries import Name

if TYPE_CHECKING:
    from events.decider import State
    from oms.settings import Settings
    from queries.versions import Versions
    from workers.delivering.missing import Missing

_WHEN = "a position, a date or an instant, itself included"


def replay(
    name: Name,
    first: Annotated[str, typer.Option("--from", help=f"Where to begin: {_WHEN}.")],
    until: Annotated[
        str | None, typer.Option("--until", help=f"Where to end: {_WHEN}; else the log's end.", show_default=False)
    ] = None,
    rate: Annotated[
        int | None, typer.Option("--rate", min=1, max=10_000, help="Events a second at most.", show_default=False)
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what never arrived and does not come again by itself.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.", show_default=False)] = None,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Carry out a stretch of the log again. Says how many events that is first, and asks."""
    from oms.cli.cutting import versions
    from oms.cli.webhook_tries import subscribed

    settings, state = subscribed(name, said.folder)
    with versions(settings) as opened:
        after, end = _before(first, opened), opened.position() if until is None else _at(until, opened)
    number = run(_counted(settings, state, after, end, missing=missing))
    if not number:
        lacks = "is missing" if missing else "wants"
        complain(f"{name} {lacks} no event from position {after + 1:,} to {end:,}")
        return
    if yes:
        complain(f"{counted(number, 'event')} will be carried out again")
    elif not typer.confirm(f"carry {counted(number, 'event')} out again?", err=True):
        return
    data = {"subscription": name, "after": after, "until": end, "rate": rate, "reason": reason, "missing": missing}
    outcome = sent("ReplaySubscription", data, said, branch, SEEN)
    show(outcome, said.flags(branch), as_json=said.as_json, beside={"wanted": number})


def _before(text: str, versions: "Versions") -> int:
    """The position behind which it begins."""
    return int(text) - 1 if _is_position(text) else _resolved(text, versions, 1)


def _at(text: str, versions: "Versions") -> int:
    return min(int(text), versions.position()) if _is_position(text) else _resolved(text, versions, 0)


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def _resolved(text: str, versions: "Versions", earlier: int) -> int:
    """Where the log was so many µs before a moment. Raises `Refused`."""
    from adapters.system_clock import now
    from queries.moments import AtInstant, moment, resolved

    found = moment(text)
    if not isinstance(found, AtInstant):
        raise Failure(f"{text!r} is not {_WHEN}", "write 14, or 2026-01-31", Exit.USAGE)
    return resolved(AtInstant(found.instant - earlier), versions, now=now())


async def _counted(settings: "Settings", state: "State", after: int, until: int, *, missing: bool) -> int:
    """The events of a stretch that the subscription wants, by what it says now."""
    from oms.cli.webhook_tries import deliveries_of

    if not missing:
        return await _number(settings, state, after, until, None)
    async with deliveries_of(settings) as deliveries:
        from adapters import system_clock
        from events.subscriptions.letters import Standing
        from workers.delivering.missing import Missing

        reached = (await deliveries.standings()).get(state["id"], Standing(0)).position
        lacking = Missing(deliveries, state["id"], reached, lambda: system_clock.now() / 1e6)
        return await _number(settings, state, after, until, lacking)


async def _number(settings: "Settings", state: "State", after: int, until: int, missing: "Missing | None") -> int:
    from oms.cli.progress import Progress
    from oms.cli.webhook_tail import wanted_by
    from oms.sources import source

    if until <= after:
        return 0
    wants, number = wanted_by(settings, state), 0
    with Progress("counting", "events", until - after) as progress:
        async with source("log", settings) as log, aclosing(log.read(after, until)) as chunks:
            async for chunk in chunks:
                for fetched in chunk:
                    number += wants(fetched.body) and (missing is None or await missing.lacks(fetched.position))
                progress(chunk[-1].position - after)
    return number
