"""Which entities of a table have to be read: all, those of some keys, or the links that begin at some."""

from collections.abc import Sequence

from events.schema.values import NotAValue, reference
from queries.sql.narrowing import Narrowed
from queries.sql.scans import Entities
from queries.sql.tables import Table
from queries.sql.windows import Window


def entities(table: Table, window: Window, less: Narrowed, *, exact: bool) -> tuple[Entities, str]:
    """And why, in words. `exact`: whether rows are those of the window's versions, and not of another time."""
    prefixes = [each.entities for each in table.types]
    keys = _texts(less, "_key")
    if keys is None and window.point and exact:
        keys = _primary(table, less) or _numbers(table, less)
    if keys is not None:
        found = frozenset(each.entity(key) for each in table.types for key in keys)
        return Entities(prefixes, found), _counted(len(keys), "key")
    starts = _texts(less, "_from")
    if starts is not None and table.named.kind == "linkType":
        return Entities([f"{table.named.entities}{start}~" for start in sorted(starts)]), "links from there"
    return Entities(prefixes), "all of them"


def _texts(less: Narrowed, column: str) -> list[str] | None:
    """A key that is compared with a number is not looked up: to the engine '01' is 1, too."""
    texts = [value for value in less.equal.get(column, ()) if isinstance(value, str)]
    return texts if texts or less.equal.get(column) == frozenset() else None


def _numbers(table: Table, less: Narrowed) -> list[str] | None:
    """Of a type whose keys are whole numbers; each is written in one way only."""
    fields: Sequence[str] = table.named.state.get("primaryKey") or []
    if len(fields) != 1 or table.named.state["properties"].get(fields[0], {}).get("type") != "integer":
        return None
    return [str(value) for value in less.equal.get("_key", ()) if isinstance(value, int)] or None


def _primary(table: Table, less: Narrowed) -> list[str] | None:
    """Keys by the one property that they are made of: at one moment it says what the key does."""
    fields: Sequence[str] = table.named.state.get("primaryKey") or []
    if len(fields) != 1:
        return None
    declared = table.named.state["properties"].get(fields[0], {})
    values = less.equal.get(str(declared.get("name", "")).casefold())
    kind = int if declared.get("type") == "integer" else str
    if values is None or declared.get("type") not in ("string", "integer", "enum") or declared.get("array"):
        return None
    if not all(type(value) is kind for value in values):
        return None
    try:
        return [reference([value]) for value in values]
    except NotAValue:
        return None


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
