"""`oms diff`: what differs between two moments, or two branches."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from oms.cli.changes import print_changes
from oms.cli.cutting import MOMENT, MinPosition, cut_at, versions
from oms.cli.options import Branch, Deadline, Folder
from oms.cli.output import Json, console, print_stream
from oms.cli.show import EntityKey
from oms.cli.side_by_side import print_side_by_side

if TYPE_CHECKING:
    from queries.cuts import Cut
    from queries.differences import Difference

_SIGNS = {"created": ("+", "green"), "updated": ("~", "yellow"), "deleted": ("-", "red")}


def diff(
    type_name: Annotated[
        str | None,
        typer.Argument(metavar="TYPE", help="Of one object or link alone: its type. Else of all.", show_default=False),
    ] = None,
    key: EntityKey = None,
    from_moment: Annotated[
        str | None,
        typer.Option(
            "--from",
            help=f"The earlier moment: {MOMENT}. Else the branch's base, or now if there are two branches.",
            show_default=False,
        ),
    ] = None,
    to_moment: Annotated[str, typer.Option("--to", help=f"The later moment: {MOMENT}.")] = "now",
    branch: Branch = None,
    from_branch: Annotated[
        str | None, typer.Option("--from-branch", help="The branch of the earlier moment.", show_default=False)
    ] = None,
    to_branch: Annotated[
        str | None, typer.Option("--to-branch", help="The branch of the later moment.", show_default=False)
    ] = None,
    sides: Annotated[bool, typer.Option("--side-by-side", help="What was on the left, what is on the right.")] = False,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show what differs between two moments, or two branches. Of the schema, the objects and the links, or of one of them."""
    from oms.querying import columns
    from oms.settings import load
    from queries.differences import difference, differences
    from queries.differing import differing, written

    settings = load({"folder": folder, "branch": branch, "deadline": deadline}).settings
    one, other = from_branch or settings.branch, to_branch or settings.branch
    start = from_moment or ("base" if one == other else "now")
    with versions(settings, min_position) as opened:
        before, after = cut_at(opened, one, start, "/from"), cut_at(opened, other, to_moment, "/to")
        if type_name is None and as_json:
            _print_json(before, after, differing(before, after, columns(settings)))
            return
        found: Iterable[Difference] = (
            differences(before, after, kept=columns(settings))
            if type_name is None
            else difference(before, after, type_name, key)
        )
        if as_json:
            _print_json(before, after, map(written, found))
        else:
            _print(before, after, found, sides=sides)


def _print(before: "Cut", after: "Cut", found: Iterable["Difference"], *, sides: bool) -> None:
    from queries.called import in_names

    def named(text: str) -> str:
        return in_names(lambda key: after.state(key) or before.state(key), text)

    out = console()
    counted: Counter[str] = Counter()
    for difference in found:
        counted[difference.what] += 1
        sign, style = _SIGNS[difference.what]
        key = f" {difference.key}" if difference.kind in ("object", "link") else ""
        out.print(f"{sign} {difference.kind} {difference.type}{key}", style=f"bold {style}")
        if sides:
            print_side_by_side(difference.changes, named)
        else:
            print_changes(difference.changes, margin="    ", named=named)
    counts = ", ".join(f"{counted[what]:,} {what}" for what in _SIGNS)
    out.print(f"{counts}; from {_place(before)} to {_place(after)}", style="dim")


def _print_json(before: "Cut", after: "Cut", told: Iterable[str]) -> None:
    ends = {"from": before, "to": after}
    head = {name: {"branch": cut.branch, "position": cut.position} for name, cut in ends.items()}
    print_stream(head, "differences", told)


def _place(cut: "Cut") -> str:
    return f"{cut.branch} at {cut.position}"
