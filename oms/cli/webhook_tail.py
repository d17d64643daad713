"""`oms webhook tail`: tries as they are made, or the events that one subscription wants as they happen."""

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, complain, print_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from events.decider import State
    from events.subscriptions.letters import Try
    from oms.deliveries import Kept
    from oms.settings import Settings
    from projectors.projector import Fetched
    from workers.delivering.sent import Send

LOOK_SECONDS: Final = 0.25
AT_ONCE: Final = 500
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def tail(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A subscription; else all.", show_default=False)
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only tries that failed.")] = False,
    result: Annotated[
        str | None, typer.Option("--result", help="Only these: delivered, timeout, status_503 …", show_default=False)
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="The events that NAME wants, instead of tries.")] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="Send these events to a URL of this machine, too, as NAME would.", show_default=False
        ),
    ] = None,
    last: Annotated[int, typer.Option("--last", min=0, max=1_000, help="How many to begin with.")] = 0,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show tries as they are made, until interrupted. Or events (--events), which can be sent to a program on this machine."""
    from oms.cli.webhook_tries import subscribed
    from oms.settings import load

    if (events or to) and name is None:
        raise Failure("events are wanted by a subscription", "name one: oms webhook tail NAME --events", Exit.USAGE)
    if to is not None and urlsplit(to).hostname not in _LOCAL:
        raise Failure(f"--to {to} is not of this machine", "write http://localhost:3000/hook", Exit.USAGE)
    settings, state = (load({"folder": folder}).settings, None) if name is None else subscribed(name, folder)
    if events or to:
        assert state is not None
        run(_events(settings, state, to, last, as_json=as_json))
    else:
        run(_tries(settings, state, result, last, failed=failed, as_json=as_json))


async def _tries(
    settings: "Settings", state: "State | None", result: str | None, last: int, *, failed: bool, as_json: bool
) -> None:
    from events.subscriptions.tallies import DELIVERED
    from oms.cli.webhook_tries import try_json
    from oms.deliveries import deliveries as deliveries_of

    async with deliveries_of(settings) as deliveries:
        names = await _names(settings)
        async for number, each in _coming(deliveries, None if state is None else str(state["id"]), last):
            if (failed and each.kind == DELIVERED) or result not in (None, each.kind):
                continue
            if each.subscription not in names:
                names = await _names(settings)
            name = names.get(each.subscription, each.subscription)
            if as_json:
                print_json({"subscription": name} | try_json(number, each))
            else:
                _show(name, number, each)
            sys.stdout.flush()


async def _coming(deliveries: "Kept", subscription: str | None, last: int) -> "AsyncIterator[tuple[int, Try]]":
    import asyncio

    after = await deliveries.newest()
    if last and subscription is not None:
        after = min((number - 1 for number, _ in await deliveries.last(subscription, last)), default=after)
    else:
        after = max(0, after - last)
    while True:
        found = await deliveries.after(after, subscription, AT_ONCE)
        for number, each in found:
            after = number
            yield number, each
        if not found:
            await asyncio.sleep(LOOK_SECONDS)


async def _names(settings: "Settings") -> dict[str, str]:
    import asyncio

    from oms.cli.cutting import cut_at, versions
    from queries.subscriptions import subscriptions

    def read() -> dict[str, str]:
        with versions(settings) as opened:
            found = subscriptions(cut_at(opened, settings.branch, "now"), deleted=True)
            return {str(each.state["id"]): str(each.state["name"]) for each in found}

    return await asyncio.to_thread(read)


def _show(name: str, number: int, each: "Try") -> None:
    """One line."""
    from oms.cli.webhook_tries import try_row

    row = try_row(number, each)
    again = f"  again {row['next']}" if row["next"] else ""
    where = f"{row['position']:>8}  {row['attempt']:>2} {row['trigger']:<6}"
    typer.echo(f"{row['time']}  {name:<20} {where} {row['ms']:>6} ms  {row['result']}{again}")


async def _events(settings: "Settings", state: "State", to: str | None, last: int, *, as_json: bool) -> None:
    import asyncio
    from contextlib import AsyncExitStack
    from dataclasses import replace

    from adapters.nats_reader import NatsReader
    from events.subscriptions.credentials import MEMBERS
    from oms.outgoing import outgoing
    from oms.sources import reached_server

    server = await reached_server(settings, "service")
    feed = NatsReader(server, settings.ontology)
    async with AsyncExitStack() as stack:
        send = None
        if to is not None:
            port = urlsplit(to).port or (443 if to.startswith("https") else 80)
            here = replace(settings, webhook_nets=_LOOPBACK, webhook_ports=(str(port),), webhook_proxy="")
            send = await stack.enter_async_context(outgoing(here, server))
            own = {name: value for name, value in state.items() if name not in MEMBERS}  # of the endpoint, not for here
            state = {**own, "sink": to, "protocol": "HTTP"}
        wanted = await asyncio.to_thread(wanted_by, settings, state)
        async with aclosing(feed.read(max(0, await feed.last() - last))) as chunks:
            async for chunk in chunks:
                for fetched in chunk:
                    if wanted(fetched.body):
                        await _happened(fetched, state, send, as_json=as_json)


def wanted_by(settings: "Settings", state: "State") -> "Callable[[bytes], bool]":
    """Whether stored bytes are of an event that the subscription wants, by what it says now."""
    from events.filters.candidate import Candidate
    from events.subscriptions.index import Selection, wanted
    from events.wire.envelope import decode
    from oms.cli.cutting import cut_at, versions
    from queries.subscriptions import classes

    with versions(settings) as opened:
        test = wanted(Selection(state, classes(cut_at(opened, settings.branch, "now"), state)))
    return lambda body: test(Candidate.of(decode(body, trusted=True)))


async def _happened(fetched: "Fetched", state: "State", send: "Send | None", *, as_json: bool) -> None:
    from events.subscriptions.letters import Letter
    from events.wire.envelope import decode

    event = decode(fetched.body, trusted=True)
    if as_json:
        sys.stdout.write(fetched.body.decode() + "\n")
    else:
        kind = event.type.removeprefix("io.oms.")
        sys.stdout.write(f"{event.position:>8}  {event.time}  {kind:<28} {event.subject}  {event.branch}\n")
    sys.stdout.flush()
    if send is not None:
        from oms.cli.webhook_shown import ended_json

        sent = await send(state, Letter(fetched.position, event.id, fetched.body, 1, "test"))
        ended = ended_json(sent.ended)
        complain(f"{event.position:>8}  {ended['result']} in {ended['ms']} ms")
