"""How changes look to people: `+` what came, `-` what went, `~` old → new."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from oms.cli.output import console

if TYPE_CHECKING:
    from documents.diff import Change

LONGEST: Final = 200  # characters of one value


def print_changes(changes: Iterable["Change"], *, margin: str) -> None:
    """A line for each; paths are JSON Pointers."""
    out = console()
    for change in changes:
        out.print(margin, end="")
        match change.op:
            case "add":
                out.print(f"+ {change.path}  {_value(change.new)}", style="green")
            case "remove":
                out.print(f"- {change.path}  {_value(change.old)}", style="red")
            case "replace":
                out.print(f"~ {change.path}  ", style="yellow", end="")
                out.print(_value(change.old), style="red", end="")
                out.print(" → ", end="")
                out.print(_value(change.new), style="green")


def _value(value: Any) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
