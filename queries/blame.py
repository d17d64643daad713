"""Who said what of an entity is so: for each value the version that last changed it, under the names of the cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents.blame import blame as said_by
from events.wire.instants import to_text
from projectors.projector import Parked
from projectors.versions import Version
from queries.cuts import Cut
from queries.gaps import readable
from queries.naming import named, type_of, values
from queries.objects import not_found
from queries.telling import Names
from queries.waiting import waiting


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is a JSON Pointer; `value` holds no others, or is empty."""

    path: str
    value: Any
    version: Version

    def json(self) -> dict[str, Any]:
        version = self.version
        shown = {
            "path": self.path, "value": self.value, "position": version.since, "event": version.change,
            "branch": version.branch, "time": to_text(version.time), "effective": to_text(version.effective),
            "author": version.author, "commit": version.commit, "message": version.message,
        }  # fmt: skip
        return shown | ({"onBehalfOf": version.on_behalf_of} if version.on_behalf_of else {})


@dataclass(frozen=True, slots=True)
class Blame:
    """`position` is the cut; fields in the order of the entity."""

    position: int
    branch: str
    type: str
    key: str
    fields: Sequence[Field]
    parked: Sequence[Parked] = ()

    def json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("position", "branch", "type", "key")}
        shown |= {"fields": [field.json() for field in self.fields]}
        return shown | ({"parked": waiting(self.parked)} if self.parked else {})


def blame(cut: Cut, type_name: str, key: str | None = None) -> Blame:
    """Of an object or link of this type; without a key of the type itself. A purge says nothing of what it left.

    Raises `Refused` with TYPE_UNKNOWN, OBJECT_UNKNOWN or LINK_UNKNOWN.
    """
    schema = named(cut, type_name)
    entity = schema.key if key is None else schema.entity(key)
    history = cut.history(entity)
    if not history:
        raise not_found(cut, schema, key or "")
    state = type_of(cut, history[-1].state) or schema.state
    names = Names(state)
    documents = [values(entity, names, readable(cut.versions, version, state)) for version in history]
    fields = [Field(said.path, said.value, history[said.by]) for said in said_by(documents)]
    shown_key = str(schema.state["rid"]) if key is None else key
    return Blame(cut.position, cut.branch, schema.name, shown_key, fields, cut.parked(schema.key, entity))
