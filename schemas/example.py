"""An example of what a schema describes: everything that it names, each with the first value that fits."""

from collections.abc import Mapping
from typing import Any, Final

from events.catalog import EVENTS

Schema = Mapping[str, Any]
_TEXT: Final = "example"
_DEEPEST: Final = 6  # schemas that refer to themselves end there


def event_example(event_type: str) -> Any:
    """The `data` of an event of that type. Raises `KeyError` where there is none."""
    schema = EVENTS[event_type].model_json_schema(by_alias=True)
    return _example(schema, schema.get("$defs", {}), 0)


def _example(schema: Schema, named: Mapping[str, Schema], depth: int) -> Any:
    if "$ref" in schema:
        return _example(named[schema["$ref"].rpartition("/")[2]], named, depth)
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return _example(several[0 if depth < _DEEPEST else -1], named, depth)
    if fixed := [schema["const"]] if "const" in schema else schema.get("enum") or schema.get("examples"):
        return fixed[0]
    match schema.get("type"):
        case "object":
            return _object(schema, named, depth)
        case "array":
            least = 1 if depth < _DEEPEST else 0
            return [_example(schema.get("items", {}), named, depth + 1)] * max(schema.get("minItems", 0), least)
        case plain:
            return _plain(plain, schema)


def _plain(kind: str | None, schema: Schema) -> Any:
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), min(1, schema.get("maximum", 1)))
    if kind in ("boolean", "null"):
        return True if kind == "boolean" else None
    return _TEXT.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]


def _object(schema: Schema, named: Mapping[str, Schema], depth: int) -> dict[str, Any]:
    members, needed = schema.get("properties", {}), schema.get("required", ())
    found = {
        name: _example(each, named, depth + 1) for name, each in members.items() if depth < _DEEPEST or name in needed
    }
    others = schema.get("additionalProperties")
    if not members and isinstance(others, Mapping) and depth < _DEEPEST:
        found[_TEXT] = _example(others, named, depth + 1)
    return found
