"""`oms webhook tries`, `resend` and `recover`: what became of deliveries, and those that failed once more."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, complain, counted, print_fields, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from events.decider import State
    from events.subscriptions.letters import Try
    from oms.deliveries import Kept
    from oms.settings import Settings

_COLUMNS: Final = ("number", "position", "attempt", "trigger", "time", "ms", "result", "address", "next")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The subscription's name.")]


def tries(
    name: Name,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, the last ones first.")] = 20,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed.")] = False,
    result: Annotated[
        str | None, typer.Option("--result", help="Only these: delivered, timeout, status_503 …", show_default=False)
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", min=1, help="Only those of the event there.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only those from then on: a date or an instant.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Only those before: a date or an instant.", show_default=False)
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show what became of deliveries, the last first. With --json also what was sent and answered."""

    async def work() -> None:
        from events.subscriptions.letters import FOREVER, Sought

        begin, end = 0 if since is None else micros(since), FOREVER if until is None else micros(until)
        asked = Sought(failed=failed, position=position, kind=result, since=begin, until=end)
        settings, state = subscribed(name, folder)
        async with deliveries_of(settings) as deliveries:
            found = await deliveries.last(state["id"], limit, asked)
        if as_json:
            print_json([try_json(number, each) for number, each in found])
        else:
            print_rows([try_row(number, each) for number, each in found], _COLUMNS, as_json=False)

    run(work())


def resend(
    name: Name,
    position: Annotated[int, typer.Argument(min=1, help="The event's position.")],
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Send one event again, now. Its webhook-id stays the same."""
    run(_again(name, [position], folder, as_json=as_json))


def recover(
    name: Name,
    since: Annotated[str, typer.Option("--since", help="From then on: a date or an instant.")],
    until: Annotated[
        str | None, typer.Option("--until", help="Up to then: a date or an instant.", show_default=False)
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class", "--result", help="Only what failed so: timeout, status_5xx, unreachable …; may be repeated."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Send again what failed and is not tried again by itself. Says how many first, and asks."""

    async def work() -> None:
        from events.subscriptions.failure_classes import NoSuchClass, kinds
        from events.subscriptions.letters import FOREVER

        try:
            wanted = kinds(classes) if classes else None
        except NoSuchClass as error:
            raise Failure(f"--class: {error}", "`oms webhook stats NAME` shows what fails", Exit.USAGE) from None
        settings, state = subscribed(name, folder)
        async with deliveries_of(settings) as deliveries:
            end = FOREVER if until is None else micros(until)
            positions = await deliveries.undelivered(state["id"], micros(since), _overdue(), end, wanted)
        if not positions:
            complain(f"nothing has failed for good {'so ' if classes else ''}in that time")
        elif yes or typer.confirm(f"send {counted(len(positions), 'event')} again?", err=True):
            await _again(name, positions, folder, as_json=as_json)

    run(work())


async def _again(name: str, positions: "Sequence[int]", folder: Any, *, as_json: bool) -> None:
    import time

    from adapters.nats_timer import nats_timer
    from events.subscriptions.letters import Due
    from oms.sources import reached_server

    settings, state = subscribed(name, folder)
    if state["status"] != "active":
        raise Failure(f"subscription {name} is {state['status']}", f"oms webhook resume {name}", Exit.REFUSED)
    await _refuse_later(settings, max(positions))
    async with nats_timer(await reached_server(settings, "service"), settings.ontology) as timer:
        for position in positions:
            await timer.at(Due(state["id"], position, 1), time.time())
    print_fields({"subscription": name, "again": len(positions)}, as_json=as_json)


async def _refuse_later(settings: "Settings", position: int) -> None:
    """What is not in the log yet would wait to be sent, and nobody would see it. Raises `Failure`."""
    from oms.sources import source

    async with source("log", settings) as log:
        end = await log.last()
    if position > end:
        text = f"there is no position {position:,}, the last is {end:,}"
        raise Failure(text, "`oms log` shows those that there are", Exit.USAGE)


def subscribed(name: str, folder: Any) -> "tuple[Settings, State]":
    """The settings, and the subscription as it is now. Raises `Refused` (SUBSCRIPTION_UNKNOWN)."""
    from oms.cli.cutting import cut_at, versions
    from oms.settings import load
    from queries.subscriptions import subscription

    settings = load({"folder": folder}).settings
    with versions(settings, 0) as opened:
        return settings, subscription(cut_at(opened, settings.branch, "now"), name).state


def deliveries_of(settings: "Settings") -> "AbstractAsyncContextManager[Kept]":
    """Raises `Failure` where nothing was ever delivered."""
    from oms.deliveries import deliveries, deliveries_file

    if not settings.postgres_url and not deliveries_file(settings).exists():
        raise Failure(f"nothing was ever delivered from {settings.folder}", "`oms up` delivers", Exit.UNAVAILABLE)
    return deliveries(settings)


def try_row(number: int, tried: "Try") -> dict[str, Any]:
    """Of a table."""
    from events.subscriptions.outgoing import SENTENCES
    from events.wire.instants import to_text

    result = SENTENCES.get(tried.kind, tried.kind if tried.status is None else f"{tried.kind} ({tried.status})")
    return {
        "number": number, "position": tried.position, "attempt": tried.attempt, "trigger": tried.trigger,
        "time": to_text(tried.time), "ms": round(tried.taken / 1e3), "result": result,
        "address": tried.address,
        "next": None if tried.next is None else to_text(tried.next),
    }  # fmt: skip


def try_json(number: int, tried: "Try") -> dict[str, Any]:
    """All that is kept of it."""
    more = {"kind": tried.kind, "status": tried.status, "detail": tried.detail, "secrets": tried.secrets}
    answer = tried.answer.decode(errors="replace")
    return try_row(number, tried) | more | {"request": tried.request, "response": tried.response, "answer": answer}


def micros(since: str) -> int:
    """Of a date or an instant. Raises `Failure`."""
    from queries.moments import AtInstant, moment

    found = moment(since)
    if not isinstance(found, AtInstant):
        raise Failure(f"{since!r} is no date and no instant", "write 2026-01-31 or 2026-01-31T12:00:00Z", Exit.USAGE)
    return found.instant


def _overdue() -> int:
    """What should have come again before that (µs) never will: its subscription was disabled then."""
    from adapters import system_clock
    from events.subscriptions.letters import OVERDUE

    return system_clock.now() - OVERDUE
