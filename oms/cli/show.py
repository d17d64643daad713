"""`oms show`: one entity at a moment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.cutting import AsOf, MinPosition, cut_at, versions
from oms.cli.options import Branch, Deadline, Folder
from oms.cli.output import Json, cell, complain, console, print_json

if TYPE_CHECKING:
    from queries.objects import Shown

TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="API name of an object or link type, its slug or RID.")]
EntityKey = Annotated[
    str | None,
    typer.Argument(
        metavar="[KEY]", help="Primary key; of a link FROM~TO. Without it: the type itself.", show_default=False
    ),
]


def show(
    type_name: TypeName,
    key: EntityKey = None,
    as_of: AsOf = "now",
    branch: Branch = None,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show an object, a link or a type as it is, or as it was at any moment."""
    from oms.settings import load
    from queries import objects

    settings = load({"folder": folder, "branch": branch, "deadline": deadline}).settings
    with versions(settings, min_position) as opened:
        shown = objects.show(cut_at(opened, settings.branch, as_of), type_name, key)
    if as_json:
        print_json(shown.json())
        return
    console().print(f"{shown.type} {shown.key}", style="bold", end="  ")
    console().print(f"{shown.branch} at position {shown.position}, version {shown.version}", style="dim")
    width = max((len(name) for name in shown.values), default=0)
    for name, value in shown.values.items():
        console().print(f"  {name:<{width}}  {cell(value)}")
    for line in _audit(shown):
        console().print(f"  {line}", style="red" if shown.deleted and line.startswith("deleted") else "dim")
    for parked in shown.parked:
        complain(
            f"position {parked.position} is not in this answer: {parked.reason} ({parked.code}); see `oms dead list`"
        )


def _audit(shown: "Shown") -> Iterator[str]:
    for what in ("created", "updated", "deleted"):
        if shown.audit[f"_{what}_at"]:
            yield f"{what} {shown.audit[f'_{what}_at']} by {shown.audit[f'_{what}_by']}"
