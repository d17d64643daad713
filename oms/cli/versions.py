"""`oms versions`: what the history takes, and how it is made smaller."""

from typing import Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_fields, print_json, print_rows
from oms.cli.progress import Progress

app = typer.Typer(help="What the history of every object takes, and how it is kept small.", no_args_is_help=True)
COLUMNS = ["type", "versions", "packed", "moved", "full", "stored", "saved", "chain"]


@app.command()
def stats(folder: Folder = None, ontology: Ontology = None, as_json: Json = False) -> None:
    """Show what the versions of each type take. As whole states, and as they are kept; `chain`: deltas between two."""
    from oms.settings import load
    from oms.shelves import kept

    settings = load({"folder": folder, "ontology": ontology}).settings
    with kept(settings) as shelves, Progress("counting"):
        found = [each.json() for each in shelves.shelf("versions").stats(_live(shelves))]
    if as_json:
        print_json({"types": found})
    else:
        print_rows([_row(each) for each in found], COLUMNS, as_json=False)


@app.command()
def pack(folder: Folder = None, ontology: Ontology = None, as_json: Json = False) -> None:
    """Make deltas of the states of all closed versions, now. OMS may run meanwhile; it does so itself after a minute."""
    run(_pack(as_json=as_json, folder=folder, ontology=ontology))


async def _pack(*, as_json: bool, **flags: Any) -> None:
    from oms.packing import pack_all
    from oms.settings import load
    from oms.shelves import kept
    from projectors.projector import FOREVER

    with kept(load(flags).settings) as shelves, Progress("packing", "versions") as told:
        _live(shelves)
        packed = await pack_all(shelves.shelf("versions"), FOREVER, told)
    print_fields({"packed": packed}, as_json=as_json)


@app.command()
def move(
    days: Annotated[float, typer.Option("--older-than", min=0, help="Days since something put an end to them.")] = 365,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Move versions that were closed long ago into Parquet. OMS may run meanwhile; answers stay the same."""
    run(_move(days, as_json=as_json, folder=folder, ontology=ontology))


async def _move(days: float, *, as_json: bool, **flags: Any) -> None:
    from adapters import system_clock
    from oms.packing import DAY, move_all
    from oms.settings import load
    from oms.shelves import kept

    before = system_clock.now() - int(days * DAY)
    with kept(load(flags).settings) as shelves, Progress("moving", "versions") as told:
        _live(shelves)
        moved = await move_all(shelves.shelf("versions"), before, told)
    print_fields({"moved": moved}, as_json=as_json)


@app.command()
def columns(folder: Folder = None, ontology: Ontology = None, as_json: Json = False) -> None:
    """Make columns for questions about whole tables. Of all types that are large; such a question also makes its own."""
    from oms.querying import all_columns
    from oms.settings import load

    with Progress("making columns", "versions") as told:
        found = all_columns(load({"folder": folder, "ontology": ontology}).settings, told)
    print_fields({"versions": found}, as_json=as_json)


def _live(shelves: Any) -> int:
    """Raises `ViewMissing`."""
    from oms.views import live_build

    return live_build(shelves, "versions")


def _row(each: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: each[name] for name in ("versions", "packed", "moved")}
    numbers |= {"full": each["bytesFull"], "stored": each["bytesStored"]}
    shown = {name: f"{value:,}" for name, value in numbers.items()}
    return {"type": each["type"], **shown, "saved": f"{each['savedPercent']} %", "chain": str(each["meanChain"])}
