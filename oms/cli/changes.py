"""How changes look to people: `+` what came, `-` what went, `~` old → new; of a type a line for each property."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from oms.cli.output import cell, console

if TYPE_CHECKING:
    from documents.diff import Change

LONGEST: Final = 200  # characters of one value
_DECLARATIONS: Final = re.compile(r"/(properties|inherited|fields|parameters)")
_SAID: Final = (
    "values", "target", "default", "shared", "struct", "valueType", "valueTypeVersion", "marking", "description"
)  # fmt: skip


def print_changes(changes: Iterable["Change"], *, margin: str, named: Callable[[str], str] = str) -> None:
    """A line for each; paths are JSON Pointers. `named` puts names for the RIDs in a text."""
    out = console()
    for change in one_by_one(changes):
        old, new = (
            value if change.path == "/rid" else named(value) for value in map(value_text, (change.old, change.new))
        )
        out.print(margin, end="")
        match change.op:
            case "add":
                out.print(f"+ {change.path}  {new}", style="green")
            case "remove":
                out.print(f"- {change.path}  {old}", style="red")
            case "replace":
                out.print(f"~ {change.path}  ", style="yellow", end="")
                out.print(old, style="red", end="")
                out.print(" → ", end="")
                out.print(new, style="green")


def declaration(declared: Mapping[str, Any]) -> str:
    """What a property is: `string, required, default "?"`; what has a name of its own is still a RID."""
    said = [str(declared["type"])] if "type" in declared and "struct" not in declared else []
    said += [
        flag for flag in ("array", "required", "unique", "searchable", "unfoldable", "removed") if declared.get(flag)
    ]
    said += [f"{name} {cell(declared[name])}" for name in _SAID if declared.get(name) is not None]
    return ", ".join(said)


def one_by_one(changes: Iterable["Change"]) -> Iterator["Change"]:
    """Properties that come or go with their type, each for itself."""
    for change in changes:
        whole = change.old if change.op == "remove" else change.new
        if change.op != "replace" and isinstance(whole, dict) and _DECLARATIONS.fullmatch(change.path):
            for name, each in whole.items():
                yield change._replace(path=f"{change.path}/{name}", **{"old" if change.op == "remove" else "new": each})
        else:
            yield change


def value_text(value: Any) -> str:
    """One line, cut where it gets long; of a property what it is."""
    if isinstance(value, dict) and {"rid", "name"} <= value.keys():
        return declaration(value)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
