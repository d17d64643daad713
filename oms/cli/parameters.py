"""Parameters of an action from the command line: `name=value` texts, made what the action type says they are."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from oms.cli.failures import Exit, Failure


def typed(declared: Mapping[str, Mapping[str, Any]], said: Iterable[str]) -> dict[str, Any]:
    """Values by parameter. One that is an array is said once for each item. Raises `Failure`."""
    values: dict[str, Any] = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals:
            raise Failure(f"--param {text!r} has no =", "write --param name=value", Exit.USAGE)
        if name not in declared:
            there = ", ".join(declared) or "none"
            raise Failure(f"the action has no parameter {name}", f"there are {there}", Exit.USAGE)
        one = _value(name, declared[name]["type"], value)
        if declared[name].get("array"):
            values.setdefault(name, []).append(one)
        elif name in values:
            raise Failure(f"--param {name} is given twice, and it is no list", "give it once", Exit.USAGE)
        else:
            values[name] = one
    return values


def _value(name: str, kind: str, text: str) -> Any:
    try:
        match kind:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text]
            case "json" | "struct":
                return json.loads(text)
    except (ValueError, KeyError):
        raise Failure(
            f"--param {name}: {text!r} is no {kind}", f"it takes a value of type {kind}", Exit.USAGE
        ) from None
    return text
