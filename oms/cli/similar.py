"""`oms similar`: objects that are like a text, at a moment."""

from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.connecting import run
from oms.cli.cutting import Reading
from oms.cli.options import spread
from oms.cli.output import complain, console, print_json

if TYPE_CHECKING:
    from oms.finding import Asked
    from oms.settings import Settings
    from queries.similar import Alike, Found


@spread
def similar(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is looked for, in any language.")],
    type_name: Annotated[
        str | None, typer.Option("--type", help="Only of this object type and those below it.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many objects at most.")] = 10,
    *,
    asked: Reading,
) -> None:
    """Find objects by meaning and by words. As they are or were at any moment."""
    from oms.finding import Asked

    settings = asked.settings()
    told = run(_asked(settings, Asked(text, type_name, asked.as_of, limit, asked.min_position, settings.deadline)))
    if asked.as_json:
        print_json(told.json())
    else:
        _print(told)
    for note in told.notes:
        complain(note)
    if told.embedded < told.passages:
        complain(
            f"{told.embedded:,} of {told.passages:,} texts are found by meaning so far; `oms embed --progress` shows how it goes"
        )


async def _asked(settings: "Settings", asked: "Asked") -> "Alike":
    from contextlib import aclosing

    from oms.embedding import configured
    from oms.finding import Finder
    from oms.shelves import kept

    async with aclosing(configured(settings, lambda error: complain(str(error)))) as chain:
        with kept(settings) as shelves:
            return await Finder(settings, shelves, chain, shelves.similar()).find(settings.branch, asked)


def _print(told: "Alike") -> None:
    out = console()
    out.print(f"{told.branch} at position {told.position}, {len(told.found)} found", style="dim")
    for place, one in enumerate(told.found, 1):
        out.print(f"{place:>3}  {one.type} {one.key}", style="bold", end="  ")
        out.print(_ranks(one), style="dim")
        for line in one.passage.splitlines()[1:4]:
            out.print(f"     {line}")


def _ranks(one: "Found") -> str:
    by = {name: rank for name, rank in one.ranks.items() if name != "words"}
    said = [f"{rank}. by meaning" for rank in by.values()]
    return ", ".join(said + ([f"{one.ranks['words']}. by words"] if "words" in one.ranks else []))
