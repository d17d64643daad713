"""`oms dead`: events that a view could not apply, or that we could not send, and what to do about them."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, print_fields, print_json, print_rows

if TYPE_CHECKING:
    from oms.settings import Settings
    from projectors.projector import Parked

app = typer.Typer(
    help="Events that a view could not apply, or OMS not deliver.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
T = TypeVar("T")
TRIES: Final = 50
_COLUMNS: Final = ("view", "position", "code", "entities", "reason")
View = Annotated[str, typer.Option("--view", help="Which view.")]
Positions = Annotated[list[int], typer.Argument(metavar="POSITION…", help="Positions of parked events.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


Position = Annotated[int, typer.Argument(metavar="POSITION", help="Where it stands in the log.", min=1)]


@app.command("list")
def list_(
    discarded: Annotated[
        bool, typer.Option("--discarded", help="What was given up instead: by whom, and why.")
    ] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List what is parked, the first one first. In each view, and for endpoints."""
    from oms.cli.connecting import run
    from oms.shelves import READ_MODELS, kept
    from oms.unsent import dead_letters

    settings = _settings(folder)
    if not settings.folder.exists():
        from oms.sources import refuse_no_store

        refuse_no_store(settings)
    if discarded:
        print_rows(run(_discards(settings)), [*_COLUMNS, "author", "why", "time"], as_json=as_json)
        return
    with kept(settings) as shelves:
        live = [(name, shelves.shelf(name)) for name in sorted(READ_MODELS)]
        found = [(name, event) for name, shelf in live if shelf.live() for event in shelf.parked()]
        letters = run(dead_letters(settings, shelves))
    print_rows(
        [*(_row(view, event) for view, event in found), *_graph_rows(settings), *(each.row() for each in letters)],
        [*_COLUMNS[:3], "behind", *_COLUMNS[3:]],
        as_json=as_json,
    )


@app.command()
def show(position: Position, view: View = "versions", folder: Folder = None, as_json: Json = False) -> None:
    """Show one parked event with its body."""
    event = next((one for one in _parked(_settings(folder), view) if one.position == position), None)
    if event is None:
        raise Failure(f"position {position} is not parked in {view}", "`oms dead list` shows what is")
    body = event.body.decode(errors="replace")
    print_fields(_row(view, event) | {"subject": event.subject, "body": body}, as_json=as_json)


@app.command()
def redrive(view: View = "versions", yes: Yes = False, folder: Folder = None, as_json: Json = False) -> None:
    """Apply what is parked again, the first one first. With `--view webhooks`: send it.

    What fails again stays, with what waits behind it.
    """
    from oms.unsent import VIEW

    settings = _settings(folder)
    if view == "graph":
        _redrive_graph(settings, as_json=as_json)
    elif view == VIEW:
        _send_again(settings, yes=yes, as_json=as_json)
    elif _sure(settings, view, None, "redrive", yes=yes):
        import asyncio

        applied, left = asyncio.run(_redrive(settings, view))
        _say({"view": view, "applied": applied, "left": left}, as_json=as_json)
        if left:
            raise typer.Exit(Exit.REFUSED)


@app.command()
def discard(
    positions: Positions,
    why: Annotated[str, typer.Option("--why", help="The reason; it is kept.")],
    view: View = "versions",
    subscription: Annotated[
        str | None,
        typer.Option("--subscription", help="With `--view webhooks`: for this one alone.", show_default=False),
    ] = None,
    yes: Yes = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Give parked events up for good. The view, or the endpoint, lacks them from then on; the log keeps them."""
    from oms.unsent import VIEW

    settings = _settings(folder)
    if view == VIEW:
        from oms.cli.dead_letters import given_up

        count = given_up(settings, positions, subscription, why, yes=yes)
        _say({"view": view, "discarded": count}, as_json=as_json)
    elif _sure(settings, view, positions, "discard", yes=yes):
        import asyncio

        count = asyncio.run(_discard(settings, view, positions, why))
        _say({"view": view, "discarded": count}, as_json=as_json)


def _settings(folder: Path | None) -> "Settings":
    from oms.settings import load

    return load({"folder": folder}).settings


def _parked(settings: "Settings", view: str) -> "list[Parked]":
    from oms.shelves import READ_MODELS, kept
    from oms.unsent import VIEW

    if view == VIEW:
        text = "what waits for an endpoint is shown with what was tried"
        raise Failure(text, "`oms webhook tries NAME --json` shows what was tried", Exit.USAGE)
    if view not in READ_MODELS:
        raise Failure(f"there is no view {view!r}", f"there are {', '.join(READ_MODELS)}", Exit.USAGE)
    with kept(settings) as shelves:
        return shelves.shelf(view).parked()


async def _discards(settings: "Settings") -> list[dict[str, Any]]:
    from events.wire.instants import to_text
    from oms.shelves import READ_MODELS, kept
    from oms.unsent import given_up
    from oms.views import live_view

    rows: list[dict[str, Any]] = []
    with kept(settings) as shelves:
        for name in sorted(READ_MODELS):
            if not shelves.shelf(name).live():
                continue
            async with live_view(shelves, name) as opened:
                found = await opened.discarded()
            rows += [{"view": name, "entities": [], **each._asdict(), "time": to_text(each.time)} for each in found]
        return rows + await given_up(settings, shelves)


def _row(view: str, event: "Parked") -> dict[str, Any]:
    entities = [f"{branch or 'all branches'} {key}" for branch, key in event.places]
    return {
        "view": view,
        "position": event.position,
        "code": event.code,
        "behind": event.behind or None,
        "entities": entities,
        "reason": event.reason,
    }


def _graph_rows(settings: "Settings") -> list[dict[str, Any]]:
    """Documents that the graph refused: their objects and links, and why."""
    if not settings.terminusdb_url:
        return []
    from oms.cli.connecting import run
    from oms.graph import standing
    from projectors.graph_names import entity_of

    return [
        {
            "view": "graph",
            "position": each["seq"],
            "code": "EVENT_UNAPPLIABLE",
            "behind": None,
            "entities": [f"{branch} {entity_of(each['document'])}"],
            "reason": each["reason"],
        }
        for branch, documents in run(standing(settings)).parked.items()
        for each in documents
    ]


def _redrive_graph(settings: "Settings", *, as_json: bool) -> None:
    from oms.cli.connecting import run
    from oms.graph import redriven

    applied, left = run(redriven(settings))
    _say({"view": "graph", "applied": applied, "left": left}, as_json=as_json)
    if left:
        raise typer.Exit(Exit.REFUSED)


def _send_again(settings: "Settings", *, yes: bool, as_json: bool) -> None:
    from oms.cli.dead_letters import sent_again
    from oms.unsent import VIEW

    done = sent_again(settings, yes=yes)
    if done is None:
        return
    _say({"view": VIEW, "again": done[0], "left": done[1]}, as_json=as_json)
    if done[1]:
        raise typer.Exit(Exit.REFUSED)


def _sure(settings: "Settings", view: str, positions: Iterable[int] | None, verb: str, *, yes: bool) -> bool:
    """Counts first, then asks. `False` if there is nothing to do."""
    parked = {event.position for event in _parked(settings, view)}
    wanted = parked if positions is None else set(positions)
    if unknown := wanted - parked:
        raise Failure(f"not parked in {view}: {', '.join(map(str, sorted(unknown)))}", "`oms dead list` shows what is")
    if wanted and not yes:
        typer.confirm(f"{verb} {len(wanted):,} parked event{'s' * (len(wanted) > 1)} of {view}?", abort=True, err=True)
    if not wanted:
        typer.echo(f"nothing is parked in {view}", err=True)
    return bool(wanted)


async def _redrive(settings: "Settings", view: str) -> tuple[int, int]:
    from events import catalog
    from oms.shelves import READ_MODELS, kept
    from oms.views import live_view
    from projectors.redrive import redrive as again

    with kept(settings) as shelves:
        async with live_view(shelves, view) as opened:
            before = len(await opened.parked())
            _, left = await _until_first(lambda: again(READ_MODELS[view].projector, opened, catalog.payload))
            return before - left, left


async def _discard(settings: "Settings", view: str, positions: list[int], why: str) -> int:
    import time

    from oms.shelves import kept
    from oms.views import live_view
    from projectors.redrive import discard as give_up

    with kept(settings) as shelves:
        async with live_view(shelves, view) as opened:
            now = time.time_ns() // 1_000
            return await _until_first(lambda: give_up(opened, positions, settings.author, why, now))


async def _until_first(step: Callable[[], Awaitable[T]]) -> T:
    """Where a running projector writes in between, again. Raises `Overtaken` if it always was first."""
    from projectors.projector import Overtaken

    for _ in range(TRIES - 1):
        with suppress(Overtaken):
            return await step()
    return await step()


def _say(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        typer.echo(", ".join(f"{name}: {value}" for name, value in told.items()))
