"""The mapping that Markdown files need none for: a frame of a type is an object of it, its values are properties.

What the text behind a frame refers to becomes links of the types that are asked for. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from oms.importing.mapping import MappingRefused, RowMapping, mapping_of

Row = Mapping[str, Any]


class ObjectType(NamedTuple):
    """As much of an object type as a mapping needs; `key` and `properties` are API names."""

    name: str
    key: Sequence[str]
    properties: Sequence[str]


class LinkType(NamedTuple):
    """Between object types, by their API names."""

    name: str
    from_: str
    to: str


def frames_mapping(
    rows: Iterable[Row], types: Mapping[str, ObjectType], links: Sequence[LinkType], text: str | None = None
) -> RowMapping:
    """`text`: the property that takes the text behind a frame, in the types that have it. Raises `MappingRefused`."""
    named: dict[str, dict[str, None]] = {}
    for row in rows:
        kind = row.get("@type")
        if kind in types:
            named.setdefault(str(kind), {}).update(dict.fromkeys(each for each in row if not each.startswith("@")))
    if not named:
        known = ", ".join(sorted(types)) or "none"
        raise MappingRefused(f"no frame is of an object type; there are {known}: say it as @metadata:<type>")
    if text is not None and all(text not in types[kind].properties for kind in named):
        raise MappingRefused(f"{text}: no property of {', '.join(named)} is called so, and none takes the text")
    objects = [_object(types[kind], list(names), text) for kind, names in named.items()]
    return mapping_of({"objects": objects, "links": [_link(each, types) for each in links], "linksLast": True})


def _object(kind: ObjectType, names: list[str], text: str | None) -> dict[str, Any]:
    properties = {name: {"column": name} for name in names if name in kind.properties}
    if text is not None and text in kind.properties:
        properties.setdefault(text, {"column": "@text"})
    return {"type": kind.name, "when": {"@type": kind.name}, "properties": properties}


def _link(link: LinkType, types: Mapping[str, ObjectType]) -> dict[str, Any]:
    references = f"@references {link.to}"
    when = {"@type": link.from_, references: None}
    return {"type": link.name, "from": list(types[link.from_].key), "to": [references], "when": when}
