"""What is exchanged: declarations by kind and API name (`queries.schema_document` makes one), and what could not be read."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Declaration = dict[str, Any]
Document = dict[str, dict[str, Declaration]]
KINDS: Final[Mapping[str, str]] = {
    "valueTypes": "ValueType",
    "structTypes": "StructType",
    "sharedProperties": "SharedProperty",
    "interfaces": "Interface",
    "objectTypes": "ObjectType",
    "linkTypes": "LinkType",
}
"""Each kind's name in a document, and the class of its elements in RDF."""


class LeftOut(NamedTuple):
    """Something a file says that has no place in a schema of ours."""

    place: str
    text: str


class Exchanged(NamedTuple):
    document: Document
    left_out: tuple[LeftOut, ...] = ()


class NoSchema(ValueError):
    """A text that is not of its format, or asks for something from elsewhere."""


def empty() -> Document:
    return {kind: {} for kind in KINDS}
