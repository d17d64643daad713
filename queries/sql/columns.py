"""The columns of what can be asked: a type's properties as they are declared, and what is known of every version.

text  integer  number  boolean  date  json      as values are stored; enums and references are text
timestamp                                       text in UTC
instant                                         µs since 1970, an int
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from projectors.versions import AUDIT_FIELDS

Kind = Literal["text", "integer", "number", "boolean", "date", "json", "timestamp", "instant"]
_KINDS: Final[Mapping[str, Kind]] = {
    "string": "text", "enum": "text", "reference": "text", "integer": "integer", "number": "number",
    "boolean": "boolean", "date": "date", "timestamp": "timestamp", "json": "json", "struct": "json",
}  # fmt: skip


class Column(NamedTuple):
    name: str
    kind: Kind
    array: bool = False


OF_VERSIONS: Final = (
    Column("_position", "integer"),
    Column("_valid_from", "instant"),
    Column("_valid_to", "instant"),
    Column("_change", "text"),
    Column("_author", "text"),
    Column("_key", "text"),
    Column("_type", "text"),
    Column("_branch", "text"),
    Column("_commit", "text"),
    Column("_message", "text"),
    Column("_on_behalf_of", "text"),
    Column("_effective_from", "instant"),
    Column("_effective_to", "instant"),
)
SHORT: Final = tuple(column.name for column in OF_VERSIONS[:5])
"""What of a version a person wants to see where there are several."""
ENDS: Final = (Column("_from", "text"), Column("_to", "text"))
WHICH: Final = ("_kind", "_type", "_key")
"""What of `history` says which thing a version is of."""
AUDIT: Final = tuple(
    Column(name, "instant" if name.endswith("_at") else "boolean" if name == "_deleted" else "text")
    for name in AUDIT_FIELDS
)


def of_property(declared: Mapping[str, Any]) -> Column:
    """From a property with all that it names elsewhere (`events.schema.resolving.declaration`)."""
    kind = _KINDS[declared.get("type") or "string"]
    return Column(str(declared["name"]), kind, bool(declared.get("array")))


def mixed(name: str, declared: Iterable[Column]) -> Column:
    """Of a property that had several types: text, in which whatever is no text is JSON."""
    kinds = {(each.kind, each.array) for each in declared}
    return Column(name, *kinds.pop()) if len(kinds) == 1 else Column(name, "text")


def distinct(columns: Sequence[Column]) -> Iterator[Column]:
    """Names that differ by more than their case: the engine knows no other ones."""
    taken: set[str] = set()
    for column in columns:
        name, number = column.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.casefold())
        yield column._replace(name=name)
