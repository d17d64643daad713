"""`oms embed`: makes the similar view, and brings it to the end of what there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit
from oms.cli.options import Folder
from oms.cli.output import Json, complain, print_fields

if TYPE_CHECKING:
    from oms.settings import Settings
    from oms.similar import State

LOOK_SECONDS: Final = 0.5


def embed(
    progress: Annotated[bool, typer.Option("--progress", help="Show a bar with rate and time left.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Try at once what waits, or was refused.")] = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Make objects findable by meaning. Embeds every text that is not yet; from then on `oms up` keeps it so.

    Ended at any time it goes on where it was. While `oms up` runs, that does the work and this one watches.
    """
    from oms.settings import load

    told = run(_embed(load({"folder": folder}).settings, shown=progress, again=again))
    print_fields(told if as_json else {name: told[name] for name in told if name != "asked"}, as_json=as_json)
    if told["embedded"] < told["passages"]:
        raise typer.Exit(Exit.UNAVAILABLE)


async def _embed(settings: "Settings", *, shown: bool, again: bool) -> dict[str, Any]:
    from contextlib import aclosing

    from oms.embedding import configured
    from oms.embedding_role import alone
    from oms.roles import RoleTaken
    from oms.shelves import kept
    from oms.similar import Keeping, begin, state, try_again

    async with aclosing(configured(settings, _say)) as chain:
        with kept(settings) as shelves, _bar(lambda: state(shelves), shown=shown) as show:
            shelves.shelf("versions").parked()  # raises where there is no such view
            await begin(shelves)
            if again:
                await try_again(shelves)
            try:
                async with alone(settings):
                    await Keeping(settings, shelves, chain, _say, shelves.similar()).bring(lambda _: show())
            except RoleTaken:
                await _watch(lambda: state(shelves), show)
            asked = {name: asdict(tally) for name, tally in chain.tallies.items() if tally.requests or tally.errors}
            return state(shelves).json() | ({"asked": asked} if asked else {})


async def _watch(state: "Callable[[], State]", show: Callable[[], None]) -> None:
    """Until the process that has the role is where we would be."""
    import asyncio

    while not state().done:
        show()
        await asyncio.sleep(LOOK_SECONDS)
    show()
    for note in state().notes:
        complain(note)


@contextmanager
def _bar(state: "Callable[[], State]", *, shown: bool) -> Iterator[Callable[[], None]]:
    if not shown:
        yield lambda: None
        return
    from oms.embedding_progress import bar

    with bar(0) as moved:

        def show() -> None:
            now = state()
            moved(now.embedded, now.passages)

        yield show


def _say(error: Exception) -> None:
    complain(str(error))
