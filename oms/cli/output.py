"""How answers look: tables for people, JSON for programs. Answers go to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def print_json(value: Any) -> None:
    """One JSON document on a line of its own; Unicode as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def print_stream(head: Mapping[str, Any], name: str, items: Iterable[str]) -> None:
    """One JSON document, `head` and an array with a line for each item (JSON, too), written as they are found."""
    sys.stdout.write(json.dumps(head, ensure_ascii=False)[:-1] + f', "{name}": [')
    for number, item in enumerate(items):
        sys.stdout.write(("," if number else "") + "\n" + item)
    sys.stdout.write("\n]}\n")


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Rows as a table of `columns`, or as one JSON array with all they hold."""
    if as_json:
        print_json([dict(row) for row in rows])
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(map(str.strip, columns)))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    out = console()
    with out.capture() as printed:
        out.print(table)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in printed.get().splitlines()))


def print_fields(row: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing: a line for each of its fields, or one JSON object."""
    if as_json:
        print_json(dict(row))
    else:
        print_rows([{"": name, " ": value} for name, value in row.items()], ["", " "], as_json=False)


def cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def counted(number: int, thing: str) -> str:
    """`1 object`, `2,000 objects`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def complain(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(text + "\n")


def console() -> Any:
    """For text in colours; plain where no person reads."""
    from rich.console import Console

    # Not a terminal: no wrapping, so that a line stays a line for grep and diff.
    return Console(markup=False, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 1_000)
