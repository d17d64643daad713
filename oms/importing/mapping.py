"""A mapping says what a row of a file is: which objects and links, from which columns. Pure.

```toml
absent = ["", "NA"]                        # texts that mean: no value

[[objects]]
type = "Flight"
[objects.properties]
carrier = "carrier"                        # property = column
distance = { column = "distance", as = "integer" }
operator = { columns = ["carrier"] }       # a reference: the components of the other object's key
origin_of_data = { value = "nycflights13" }

[[links]]
type = "flownBy"
from = ["carrier", "flight"]               # columns of the key at each end, or { value = … } as a component
to = ["tailnum"]
when = ["tailnum"]                         # only where these columns hold something; default: all of `from` and `to`
```
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

Row = Mapping[str, Any]
Command = dict[str, Any]


class MappingRefused(Exception):
    """A mapping that cannot be used; every reason is in the text."""


class RowRefused(Exception):
    """A row that cannot become commands: `(column, text)` for each reason."""

    def __init__(self, reasons: Sequence[tuple[str, str]]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(text for _, text in reasons))


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _named(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


class Source(_Strict):
    """Where a value comes from: a column, several (a key's components), or the mapping itself."""

    column: str | None = None
    columns: list[str] | None = None
    value: Any = None
    as_: Annotated[Literal["string", "integer", "number", "boolean", "json"] | None, Field(alias="as")] = None

    @model_validator(mode="after")
    def _one(self) -> "Source":
        if (self.column, self.columns, self.value).count(None) != 2:
            raise ValueError("give one of column, columns and value")
        return self

    def needed(self) -> list[str]:
        return [self.column] if self.column is not None else self.columns or []


From = Annotated[Source, BeforeValidator(_named)]
Ends = Annotated[list[From], BeforeValidator(_listed), Field(min_length=1)]
Columns = Annotated[list[str], BeforeValidator(_listed)]


class ObjectRule(_Strict):
    type: str
    properties: Annotated[dict[str, From], Field(min_length=1)]
    command: Literal["UpsertObject", "CreateObject"] = "UpsertObject"
    when: Columns = []


class LinkRule(_Strict):
    type: str
    from_: Annotated[Ends, Field(alias="from")]
    to: Ends
    when: Columns | None = None


class RowMapping(_Strict):
    """What a mapping file holds."""

    absent: list[str] = [""]
    objects: list[ObjectRule] = []
    links: list[LinkRule] = []

    @model_validator(mode="after")
    def _something(self) -> "RowMapping":
        if not self.objects and not self.links:
            raise ValueError("a mapping has objects or links")
        return self

    def columns(self) -> set[str]:
        """Every column that is named."""
        sources = [source for rule in self.objects for source in rule.properties.values()]
        sources += [source for rule in self.links for source in (*rule.from_, *rule.to)]
        conditions = [*(rule.when for rule in self.objects), *(rule.when or [] for rule in self.links)]
        return {column for source in sources for column in source.needed()} | {c for when in conditions for c in when}


def mapping_of(document: object) -> RowMapping:
    """Raises `MappingRefused`."""
    try:
        return RowMapping.model_validate(document)
    except ValidationError as error:
        found = (
            ": ".join(filter(None, ["/".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, ")]))
            for one in error.errors(include_url=False)
        )
        raise MappingRefused("; ".join(found)) from None


def commands_of(mapping: RowMapping, row: Row) -> list[Command]:
    """The row's commands in an order in which they can be decided: objects, then links. Raises `RowRefused`."""
    held = {column: value for column, value in row.items() if value is not None and value not in mapping.absent}
    reasons: list[tuple[str, str]] = []
    commands = [*_objects(mapping, held, reasons), *_links(mapping, held, reasons)]
    if reasons:
        raise RowRefused(reasons)
    return commands


def _objects(mapping: RowMapping, row: Row, reasons: list[tuple[str, str]]) -> Iterator[Command]:
    for rule in mapping.objects:
        if all(column in row for column in rule.when):
            properties = {
                name: _value(source, row, reasons)
                for name, source in rule.properties.items()
                if all(column in row for column in source.needed())
            }
            yield {"type": rule.command, "data": {"type": rule.type, "properties": properties}}


def _links(mapping: RowMapping, row: Row, reasons: list[tuple[str, str]]) -> Iterator[Command]:
    for rule in mapping.links:
        ends = [column for source in (*rule.from_, *rule.to) for column in source.needed()]
        if all(column in row for column in (ends if rule.when is None else rule.when)):
            missing = [column for column in ends if column not in row]
            reasons += [(column, f"{rule.type} needs {column}, which is absent") for column in missing]
            if not missing:
                from_key = [_value(source, row, reasons) for source in rule.from_]
                to_key = [_value(source, row, reasons) for source in rule.to]
                yield {"type": "CreateLink", "data": {"type": rule.type, "from": from_key, "to": to_key}}


def _value(source: Source, row: Row, reasons: list[tuple[str, str]]) -> Any:
    if source.columns is not None:
        return [row[column] for column in source.columns]
    if source.column is None:
        return source.value
    value = row[source.column]
    if source.as_ is None:
        return value
    try:
        return _CONVERT[source.as_](value)
    except (ValueError, TypeError):
        reasons.append((source.column, f"{source.column} is {value!r}, which is no {source.as_}"))
        return None


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
