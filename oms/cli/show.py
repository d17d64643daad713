"""`oms show`: one entity at a moment."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.changes import declaration
from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.options import spread
from oms.cli.output import cell, complain, console, print_json

if TYPE_CHECKING:
    from queries.objects import Shown

TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="API name of an object or link type, its slug or RID.")]
EntityKey = Annotated[
    str | None,
    typer.Argument(
        metavar="KEY", help="Primary key; of a link FROM~TO. Without it: the type itself.", show_default=False
    ),
]


@spread
def show(
    type_name: TypeName,
    key: EntityKey = None,
    *,
    asked: Reading,
) -> None:
    """Show an object, a link or a type, now or at any moment."""
    from queries import objects
    from queries.called import in_names

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        shown = objects.show(cut, type_name, key)
        lines = [(name, text if name == "rid" else in_names(cut.state, text)) for name, text in _lines(shown)]
    if asked.as_json:
        print_json(shown.json())
    else:
        _print(shown, lines)
    for parked in shown.parked:
        complain(
            f"position {parked.position} is not in this answer: {parked.reason} ({parked.code}); see `oms dead list`"
        )


def _print(shown: "Shown", lines: Sequence[tuple[str, str]]) -> None:
    from rich.cells import cell_len, set_cell_size

    out = console()
    out.print(shown.type if shown.kind.endswith("Type") else f"{shown.type} {shown.key}", style="bold", end="  ")
    out.print(f"{shown.branch} at position {shown.position}, version {shown.version}", style="dim")
    width = max((cell_len(name) for name, _ in lines), default=0)
    for name, text in lines:
        out.print(f"  {set_cell_size(name, width)}  {text}")
    for line in _audit(shown):
        out.print(f"  {line}", style="red" if line.startswith(("deleted", "purged")) else "dim")


def _lines(shown: "Shown") -> Iterator[tuple[str, str]]:
    """A line for each value; of a type also one for each property."""
    for name, value in shown.values.items():
        if name not in ("properties", "inherited") or shown.kind != "objectType":
            yield name, cell(value)
    if shown.kind == "objectType":
        for declared in shown.values["properties"].values():
            yield f"/{declared['name']}", declaration(declared)
        for declared in shown.values.get("inherited", {}).values():
            yield f"/{declared['name']}", f"{declaration(declared)}, inherited"


def _audit(shown: "Shown") -> Iterator[str]:
    for what in ("created", "updated", "deleted"):
        if shown.audit[f"_{what}_at"]:
            yield f"{what} {shown.audit[f'_{what}_at']} by {shown.audit[f'_{what}_by']}"
    if shown.purged:
        yield f"purged {shown.purged['at']} by {shown.purged['by']}: {shown.purged['reason']}"
