"""How much of a large object `oms show` shows: the options, and the part that they mean."""

import json
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.output import print_json

if TYPE_CHECKING:
    from queries.cuts import Cut
    from queries.objects import Shown

Fold = Annotated[
    str | None,
    typer.Option(
        "--fold",
        help="How far properties are unfolded: collapsed, shallow, partial, deep or expanded.",
        show_default=False,
    ),
]
Open = Annotated[
    str | None,
    typer.Option("--open", help="Show only what stands at this path: /content/sections/1.", show_default=False),
]
Depth = Annotated[int | None, typer.Option("--depth", help="Levels that are shown.", show_default=False)]
Items = Annotated[int | None, typer.Option("--items", help="Items of each list that are shown.", show_default=False)]
Bytes = Annotated[
    int | None, typer.Option("--bytes", help="How large the answer may be, 4096 at least.", show_default=False)
]


class Limits(NamedTuple):
    """How much of a large object is shown."""

    fold: str | None
    open: str | None
    depth: int | None
    items: int | None
    bytes: int | None

    @property
    def asked(self) -> bool:
        return any(each is not None for each in self)


def show_part(cut: "Cut", shown: "Shown", limits: Limits, *, as_json: bool) -> None:
    """Raises `Failure`, and `Refused` for a path that leads nowhere."""
    from queries.folding import UnfoldContext, UnfoldLevel, folded, opened

    if shown.kind != "object":
        raise Failure(f"{shown.type} has nothing to fold", "name an object: its type and its key", Exit.USAGE)
    path = limits.open or ""
    if limits.fold is None and (limits.depth, limits.items, limits.bytes) == (None, None, None):
        value = opened(cut, shown, path)
    else:
        level = next((each for each in UnfoldLevel if each == (limits.fold or "partial")), None)
        if level is None:
            raise Failure(f"--fold cannot be {limits.fold!r}", f"it is one of {', '.join(UnfoldLevel)}", Exit.USAGE)
        try:
            context = UnfoldContext.of(level, depth=limits.depth, items=limits.items, bytes=limits.bytes)
        except ValueError as wrong:
            raise Failure(str(wrong), f"--fold is one of {', '.join(UnfoldLevel)}", Exit.USAGE) from None
        value = folded(cut, shown, context, path)
    if as_json:
        print_json(shown.part(path, value))
    elif isinstance(value, str):
        typer.echo(value)
    else:
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
