"""What was and what is, side by side: a line for each field that differs, what came in green and what went in red."""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from oms.cli.changes import one_by_one, value_text

if TYPE_CHECKING:
    from documents.diff import Change

NO_TERMINAL: Final = 120  # columns
NOTHING: Final = "·"


def print_side_by_side(changes: Iterable["Change"], named: Callable[[str], str] = str) -> None:
    """`named` puts names for the RIDs in a text."""
    from rich.console import Console
    from rich.table import Table

    out = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else NO_TERMINAL)
    table = Table(box=None, pad_edge=False, show_header=False, expand=True, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", ratio=2)
    for _ in ("before", "after"):
        table.add_column(overflow="fold", ratio=3)
    for change in one_by_one(changes):
        before, after = (
            value if change.path == "/rid" else named(value) for value in map(value_text, (change.old, change.new))
        )
        table.add_row(f"  {change.path or '/'}", *_sides(change, before, after))
    if table.row_count:
        with out.capture() as printed:
            out.print(table)
        sys.stdout.write("".join(line.rstrip() + "\n" for line in printed.get().splitlines()))


def _sides(change: "Change", before: str, after: str) -> tuple[Any, Any]:
    from rich.text import Text

    if change.op == "add":
        return Text(NOTHING, "dim"), Text(after, "green")
    if change.op == "remove":
        return Text(before, "red"), Text(NOTHING, "dim")
    start, end = _common(before, after)
    return _marked(before, start, end, "red"), _marked(after, start, end, "green")


def _common(one: str, other: str) -> tuple[int, int]:
    """How many characters are the same at the start, and at the end behind them."""
    most = min(len(one), len(other))
    start = next((at for at in range(most) if one[at] != other[at]), most)
    end = next((at for at in range(most - start) if one[-1 - at] != other[-1 - at]), most - start)
    return start, end


def _marked(text: str, start: int, end: int, style: str) -> Any:
    """What differs stands out."""
    from rich.text import Text

    shown = Text(text, style)
    shown.stylize(f"bold reverse {style}", start, len(text) - end)
    return shown
