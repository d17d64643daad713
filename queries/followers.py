"""The properties whose values follow a value type or a shared property, also through shared properties and struct types."""

from collections.abc import Iterator

from events.names import Key
from events.schema.resolving import Declared, declaration
from queries.cuts import Cut

_HOLDING = ("objectType/", "linkType/")


def followers(data: Cut, after: Cut, element: Key) -> Iterator[tuple[Key, str]]:
    """Of types that have data in `data` and are there in `after`: their keys, and fields that follow the element then."""
    for prefix in _HOLDING:
        for version in data.valid(prefix):
            state = after.state(version.entity) or {}
            for field, each in (state.get("properties") or {}).items():
                if not each.get("removed") and _follows(declaration(after.state, each), element):
                    yield version.entity, field


def _follows(each: Declared, element: Key) -> bool:
    """A property that is pinned to a version follows no other."""
    kind, _, rid = element.partition("/")
    if kind == "sharedProperty":
        return each.get("shared") == rid
    if each.get("valueType") == rid and "valueTypeVersion" not in each:
        return True
    return any(_follows(one, element) for one in each.get("fields", {}).values())
