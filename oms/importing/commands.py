"""A row becomes commands as a mapping says: objects, then links. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from oms.importing.mapping import Command, LinkRule, RowMapping, Source

Row = Mapping[str, Any]
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RowRefused(Exception):
    """A row that cannot become commands: `(column, text)` for each reason."""

    def __init__(self, reasons: Sequence[tuple[str, str]]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(text for _, text in reasons))


def commands_of(mapping: RowMapping, row: Row) -> list[Command]:
    """The row's commands in an order in which they can be decided: objects, then links. Raises `RowRefused`."""
    held = {column: value for column, value in row.items() if not _absent(mapping, value)}
    reasons: list[tuple[str, str]] = []
    commands = [*_objects(mapping, held, reasons), *_links(mapping, held, reasons)]
    if reasons:
        raise RowRefused(reasons)
    return commands


def _absent(mapping: RowMapping, value: Any) -> bool:
    return value is None or value == [] or (type(value) is str and value in mapping.absent)


def _holds(when: Mapping[str, Any], row: Row) -> bool:
    return all(
        column in row and (wanted is None or wanted == row[column] or wanted in _items(row[column]))
        for column, wanted in when.items()
    )


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(mapping: RowMapping, row: Row, reasons: list[tuple[str, str]]) -> Iterator[Command]:
    for rule in mapping.objects:
        if _holds(rule.when, row):
            properties = {
                name: value_of(source, row, reasons)
                for name, source in rule.properties.items()
                if all(column in row for column in source.needed())
            }
            command = {"type": rule.command, "data": {"type": rule.type, "properties": properties}}
            yield _timed(command, rule.effective or mapping.effective, row, reasons)


def _links(mapping: RowMapping, row: Row, reasons: list[tuple[str, str]]) -> Iterator[Command]:
    for rule in mapping.links:
        ends = [column for source in (*rule.from_, *rule.to) for column in source.needed()]
        if not _holds(dict.fromkeys(ends) if rule.when is None else rule.when, row):
            continue
        missing = [column for column in ends if column not in row]
        reasons += [(column, f"{rule.type} needs {column}, which is absent") for column in missing]
        if not missing:
            for from_key, to_key in _pairs(rule, row, reasons):
                command = {"type": "CreateLink", "data": {"type": rule.type, "from": from_key, "to": to_key}}
                yield _timed(command, rule.effective or mapping.effective, row, reasons)


def _pairs(rule: LinkRule, row: Row, reasons: list[tuple[str, str]]) -> Iterator[tuple[list[Any], list[Any]]]:
    """A list at one end stands for a link to each of its items; where both ends hold lists, for each pair."""
    from_keys, to_keys = (
        list(product(*[_alternatives(value_of(source, row, reasons)) for source in end]))
        for end in (rule.from_, rule.to)
    )
    for from_key in from_keys:
        for to_key in to_keys:
            yield list(from_key), list(to_key)


def _alternatives(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _timed(command: Command, effective: Source | None, row: Row, reasons: list[tuple[str, str]]) -> Command:
    """A bare date is its beginning in UTC."""
    if effective is None or not all(column in row for column in effective.needed()):
        return command
    since = value_of(effective, row, reasons)
    return {**command, "effective": f"{since}T00:00:00Z" if _DATE.fullmatch(str(since)) else str(since)}


def value_of(source: Source, row: Row, reasons: list[tuple[str, str]]) -> Any:
    """What a source says of a row that has all it needs; what cannot be converted is one of the reasons."""
    if source.columns is not None:
        return [row[column] for column in source.columns]
    if source.column is None:
        return source.value
    value = row[source.column]
    if source.split is not None and type(value) is str:
        value = [item for part in value.split(source.split) if (item := part.strip())]
    if source.first and isinstance(value, list):
        value = value[0] if value else None
    try:
        if isinstance(value, list) and source.as_ != "json":
            return [_item(source, item) for item in value]
        return _item(source, value)
    except (ValueError, TypeError):
        reasons.append((source.column, f"{source.column} holds what is no {source.as_}"))  # the value may be somebody's
        return None


def _item(source: Source, value: Any) -> Any:
    if source.strip and type(value) is str:
        value = value.removeprefix(source.strip)
    return value if source.as_ is None else _CONVERT[source.as_](value)


def _integer(value: Any) -> int:
    number = float(value) if isinstance(value, float) else int(str(value))
    if isinstance(value, bool) or number != int(number):
        raise ValueError(value)
    return int(number)


def _number(value: Any) -> int | float:
    text = str(value).strip()
    if isinstance(value, bool) or text[:1] not in "-0123456789":
        raise ValueError(value)
    number: int | float = json.loads(text, parse_constant=_no_constant)
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _boolean(value: Any) -> bool:
    words = {"true": True, "t": True, "yes": True, "y": True, "1": True}
    words |= {"false": False, "f": False, "no": False, "n": False, "0": False}
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise ValueError(value) from None


_CONVERT: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "json": lambda value: json.loads(value) if isinstance(value, str) else value,
}
