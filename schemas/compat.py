"""What a change to the schema of a stored event breaks.

Whatever fits the old schema must fit the new one (it is stored and will be read again), and what readers of the old one
count on must still be there. So fields may only be added, and only optional ones; values may only become more.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]

_LIMITS: Final = {  # keyword → whether a greater number allows more
    "maxLength": True,
    "maximum": True,
    "exclusiveMaximum": True,
    "maxItems": True,
    "maxProperties": True,
    "minLength": False,
    "minimum": False,
    "exclusiveMinimum": False,
    "minItems": False,
    "minProperties": False,
}
_EXACT: Final = ("pattern", "format", "const", "multipleOf", "uniqueItems")
_NUMBERS: Final = {"integer": {"integer", "number"}}


def breaks(old: Schema, new: Schema) -> list[str]:
    """A sentence for each break, where and what; `[]` if the change is safe."""
    return list(_breaks(_Side(old, old), _Side(new, new), ""))


class _Side:
    """A schema within its document; `reference` is what refers to it, `above` what is being compared around it."""

    def __init__(self, document: Schema, schema: Schema, above: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.document, self.above = document, above
        self.reference = ""
        while "$ref" in schema:
            self.reference = schema["$ref"]
            schema = _at(document, self.reference)
        self.schema = schema

    def inside(self, schema: Schema) -> "_Side":
        return _Side(self.document, schema, self.above)

    def ways(self) -> "list[_Side]":
        """The alternatives of which a value must fit one."""
        for keyword in ("anyOf", "oneOf"):
            if keyword in self.schema:
                return [way for each in self.schema[keyword] for way in self.inside(each).ways()]
        types = self.schema.get("type")
        if isinstance(types, list):
            return [self.inside({**self.schema, "type": each}) for each in types]
        return [self]

    @property
    def properties(self) -> Mapping[str, Schema]:
        properties: Mapping[str, Schema] = self.schema.get("properties", {})
        return properties

    @property
    def required(self) -> Sequence[str]:
        required: Sequence[str] = self.schema.get("required", ())
        return required

    @property
    def others(self) -> "_Side | None":
        """What unnamed fields must fit; `None` where there may be none."""
        allowed = self.schema.get("additionalProperties", True)
        return None if allowed is False else self.inside({} if allowed is True else allowed)

    def __str__(self) -> str:
        return str(self.schema.get("type", self.schema.get("enum", self.schema.get("const", "anything"))))


def _breaks(old: _Side, new: _Side, path: str) -> Iterator[str]:
    old_ways, new_ways = old.ways(), new.ways()
    if len(old_ways) == 1 == len(new_ways):
        yield from _of_one(old_ways[0], new_ways[0], path)
        return
    for way in old_ways:
        if all(any(_of_one(way, other, path)) for other in new_ways):
            yield f"{path or '/'}: {way} fits no more"


def _of_one(old: _Side, new: _Side, path: str) -> Iterator[str]:
    both = (old.reference, new.reference)
    if both in old.above:  # a schema that is inside itself
        return
    if all(both):
        old = _Side(old.document, old.schema, old.above | {both})
    yield from _types(old, new, path)
    yield from _values(old, new, path)
    if old.schema.get("type") == "object" == new.schema.get("type"):
        yield from _fields(old, new, path)
    if "items" in new.schema:
        yield from _breaks(old.inside(old.schema.get("items", {})), new.inside(new.schema["items"]), f"{path}/*")


def _types(old: _Side, new: _Side, path: str) -> Iterator[str]:
    was, is_ = old.schema.get("type"), new.schema.get("type")
    if is_ is not None and (was is None or is_ not in _NUMBERS.get(was, {was})):
        yield f"{path or '/'}: the type is narrowed from {was or 'anything'} to {is_}"


def _values(old: _Side, new: _Side, path: str) -> Iterator[str]:
    if "enum" in new.schema:
        gone = [value for value in old.schema.get("enum", [None]) if value not in new.schema["enum"]]
        if "enum" not in old.schema:
            yield f"{path or '/'}: only some values are allowed now"
        elif gone:
            yield f"{path or '/'}: {', '.join(map(repr, gone))} is no value any more"
    for keyword, more in _LIMITS.items():
        limit, was = new.schema.get(keyword), old.schema.get(keyword)
        if limit is not None and (was is None or (limit < was if more else limit > was)):
            yield f"{path or '/'}: {keyword} is tightened from {was} to {limit}"
    for keyword in _EXACT:
        if keyword in new.schema and new.schema[keyword] != old.schema.get(keyword):
            yield f"{path or '/'}: {keyword} is {new.schema[keyword]!r} now"


def _fields(old: _Side, new: _Side, path: str) -> Iterator[str]:
    for name, schema in old.properties.items():
        at = f"{path}/{name}"
        if name not in new.properties:
            yield f"{at}: the field is removed"
            continue
        yield from _breaks(old.inside(schema), new.inside(new.properties[name]), at)
        if name in old.required and name not in new.required:
            yield f"{at}: the field was always there and is optional now"
    for name in new.required:
        if name not in old.required:
            yield f"{path}/{name}: the field is required now, and stored events lack it"
    if old.others is not None:
        if new.others is None:
            yield f"{path or '/'}: other fields are no longer allowed"
        else:
            yield from _breaks(old.others, new.others, f"{path}/*")


def _at(document: Schema, reference: str) -> Schema:
    found: Schema = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found
