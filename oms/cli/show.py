"""`oms show`: one entity at a moment."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.changes import LONGEST, declaration
from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.folding import Bytes, Depth, Fold, Items, Limits, Open, show_part
from oms.cli.options import spread
from oms.cli.output import cell, complain, console, print_json, print_stream

if TYPE_CHECKING:
    from queries.objects import Shown

TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="API name of an object or link type, its slug or RID.")]
EntityKey = Annotated[
    str | None,
    typer.Argument(
        metavar="KEY", help="Primary key; of a link FROM~TO. Without it: the type itself.", show_default=False
    ),
]


SomeType = Annotated[
    str | None,
    typer.Argument(
        metavar="TYPE",
        help="API name of an object or link type, its slug or RID. Without it: the whole branch.",
        show_default=False,
    ),
]
Every = Annotated[bool, typer.Option("--all", help="Every object or link of the type.")]
Deleted = Annotated[bool, typer.Option("--deleted", help="Of several, those that were deleted, too.")]


@spread
def show(
    type_name: SomeType = None,
    key: EntityKey = None,
    every: Every = False,
    deleted: Deleted = False,
    fold: Fold = None,
    opened: Open = None,
    depth: Depth = None,
    items: Items = None,
    size: Bytes = None,
    *,
    asked: Reading,
) -> None:
    """Show an object, a link, a type or a whole branch at any moment. Of a large object a part."""
    if type_name is None or every:
        _show_several(type_name, deleted, asked)
    else:
        _show_one(type_name, key, Limits(fold, opened, depth, items, size), asked)


def _show_several(type_name: str | None, deleted: bool, asked: Reading) -> None:
    from oms.querying import columns
    from queries import objects
    from queries.called import in_names
    from queries.whole import texts

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        if asked.as_json:
            head = {"position": cut.position, "branch": cut.branch}
            print_stream(head, "entities", texts(cut, type_name, columns(settings), deleted=deleted))
            return
        if type_name is None:
            found = objects.everything(cut, deleted=deleted)
        else:
            found = objects.objects(cut, type_name, deleted=deleted)
        out, number = console(), 0
        for shown in found:
            number += 1
            _print_line(out, shown, in_names(cut.state, _in_a_line(shown)))
        out.print(f"{number:,} on {cut.branch} at position {cut.position}", style="dim")


def _print_line(out: Any, shown: "Shown", text: str) -> None:
    own = shown.key if shown.kind in ("object", "link") else ""
    out.print(f"{shown.kind} {shown.type} {own}".rstrip(), style="bold red" if shown.deleted else "bold", end="")
    out.print(f"  version {shown.version}", style="dim", end="  " if text else "\n")
    if text:
        out.print(text)


def _in_a_line(shown: "Shown") -> str:
    """The values of an object or link; of an element of the schema what it is for."""
    if shown.kind in ("object", "link"):
        text = ", ".join(f"{name} {cell(value)}" for name, value in shown.values.items())
    else:
        text = cell(shown.values.get("description"))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _show_one(type_name: str, key: str | None, limits: Limits, asked: Reading) -> None:
    from queries import objects
    from queries.called import in_names

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        shown = objects.show(cut, type_name, key)
        if limits.asked:
            show_part(cut, shown, limits, as_json=asked.as_json)
            return
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
