"""One entity as it was: an object, a link or a type under the names of that moment, with its audit fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events.findings import Finding, Refused
from events.names import Key, composed_key
from events.schema.hierarchy import effective
from events.schema.kinds import KINDS
from events.schema.values import NotAValue, reference
from events.wire.instants import to_text
from projectors.projector import Parked
from projectors.versions import Marks, Version
from queries.cuts import Cut
from queries.gaps import Shown as Readable
from queries.gaps import readable
from queries.naming import Named, is_below, named, object_at_once, type_of, types, values
from queries.purges import Purges
from queries.telling import Names
from queries.waiting import waiting

PREFIXES: Final = (*(f"{kind}/" for kind in KINDS), "object/", "link/")
"""What the keys of all that a branch shows start with, in the order in which it is shown."""


class Shown(NamedTuple):
    """`position` is the cut; `version` the position that last changed it: `expected` of a command that changes it."""

    position: int
    branch: str
    kind: str  # object, link, objectType, linkType
    type: str  # API name at the cut
    key: str
    version: int
    written_on: str  # the branch that wrote this version: `branch`, or one it came from
    effective: int  # µs
    values: Mapping[str, Any]  # an object's properties by API name; a link's ends; a type's declaration
    marks: Marks
    entity: str
    purged: Mapping[str, str] | None = None  # at, by and reason, where its values are gone for ever
    parked: Sequence[Parked] = ()
    sectioned: Sequence[str] = ()  # those of its properties that may be kept in sections

    @property
    def deleted(self) -> bool:
        return self.marks.deleted_at is not None

    @property
    def audit(self) -> Mapping[str, str | bool | None]:
        return self.marks.fields()

    def json(self) -> dict[str, Any]:
        """Audit fields stand beside the rest, as in every read model; `parked` only if there is something."""
        audit = self.marks.fields()
        shown = {
            "position": self.position, "branch": self.branch, "kind": self.kind, "type": self.type, "key": self.key,
            "version": self.version, "writtenOn": self.written_on,
            "effective": audit["_updated_at"] if self.effective == self.marks.updated_at else to_text(self.effective),
            "properties" if self.kind == "object" else "values": dict(self.values), **audit,
        }  # fmt: skip
        if self.purged:
            shown["purged"] = dict(self.purged)
        if self.parked:
            shown["parked"] = waiting(self.parked)
        return shown

    def part(self, path: str, value: Any) -> dict[str, Any]:
        """As `json`, with what stands at a path of the properties in their place: all of them, or `open` and `value`."""
        whole = self.json()
        if not path:
            return {**whole, "properties": value}
        del whole["properties"]
        return whole | {"open": path, "value": value}


def show(cut: Cut, type_name: str, key: str | None = None) -> Shown:
    """The object (of this type, or of one below it) or link, deleted or not; without a key the type itself.

    Raises `Refused` with TYPE_UNKNOWN, OBJECT_UNKNOWN or LINK_UNKNOWN.
    """
    found = (key is not None and object_at_once(cut, type_name, key)) or _found(cut, type_name, key)
    schema, version = found
    return shown_as(cut, schema, version, cut.parked(schema.key, version.entity))


def objects(cut: Cut, type_name: str, *, deleted: bool = False, after: str = "") -> Iterator[Shown]:
    """All objects or links of this type at the cut, in key order, streamed; `deleted` ones only if asked for.

    `after`: only what comes behind this entity.

    Raises `Refused` (TYPE_UNKNOWN).
    """
    telling = Telling(cut, named(cut, type_name), Purges(cut.versions))
    for version in cut.valid(telling.type.entities, after):
        if deleted or not version.state.get("deleted"):
            yield telling.shown(version)


def everything(cut: Cut, *, deleted: bool = False, after: str = "") -> Iterator[Shown]:
    """The whole branch at the cut: elements of the schema, object types before all, then objects, then links.

    Each in key order, streamed; `deleted` ones only if asked for. `after`: only what comes behind this entity.
    """
    known: dict[Any, Telling | None] = {}
    purges = Purges(cut.versions)

    def of_type(version: Version) -> Telling | None:
        rid = version.state.get("type")
        if rid not in known:
            state = type_of(cut, version.state)
            own = state and Named("objectType", Key(f"objectType/{rid}"), state)
            known[rid] = Telling(cut, own, purges) if own else None
        return known[rid]

    for prefix in PREFIXES[reached(after) :]:
        of_schema = prefix not in ("object/", "link/")
        for version in cut.valid(prefix, after if after.startswith(prefix) else ""):
            if deleted or not version.state.get("deleted"):
                own = None if of_schema else of_type(version)
                yield (own or Telling(cut, _declared(cut, version) or _undeclared(version), purges)).shown(version)


def reached(entity: str) -> int:
    """At which of the prefixes; at the first one without an entity."""
    return next((number for number, prefix in enumerate(PREFIXES) if entity.startswith(prefix)), 0)


def _declared(cut: Cut, version: Version) -> Named | None:
    if version.entity.startswith(("objectType/", "linkType/")):
        return Named("objectType", version.entity, effective(cut.state, version.state))
    return None


def _undeclared(version: Version) -> Named:
    """What has no type at the cut, or is none of objects or links, goes by its own name."""
    state = version.state
    name = state.get("name") or state.get("slug") or version.entity.partition("/")[2]
    return Named("objectType", version.entity, {**state, "name": name})


def _found(cut: Cut, type_name: str, key: str | None) -> tuple[Named, Version]:
    schema = named(cut, type_name)
    version = cut.version(schema.key if key is None else schema.entity(key))
    if version is None:
        return _below(cut, schema, key or "")
    return schema, version


def _below(cut: Cut, schema: Named, key: str) -> tuple[Named, Version]:
    """The object of a type below that has the key; of several that had it, the one that is there."""
    found: list[tuple[Named, Version]] = []
    for each in types(cut):
        version = cut.version(each.entity(key)) if each.kind == "objectType" and is_below(cut, each, schema) else None
        if version is not None:
            found.append((each, version))
    if not found:
        raise not_found(cut, schema, key)
    return min(found, key=lambda each: bool(each[1].state["deleted"]))


def not_found(cut: Cut, schema: Named, key: str) -> Refused:
    """The refusal that says which object or link of which branch does not exist at which position."""
    kind = "OBJECT" if schema.kind == "objectType" else "LINK"
    text = f"{schema.name} {key} does not exist on {cut.branch} at position {cut.position}"
    if len(schema.state.get("primaryKey") or ()) == 1 and not _is_key(key):
        text = f"{text}; written as a key it is {composed_key([key])}"
    return Refused([Finding(f"{kind}_UNKNOWN", "/key", text)])


def _is_key(key: str) -> bool:
    try:
        return reference(key) == key
    except NotAValue:
        return False


def shown_as(cut: Cut, schema: Named, version: Version, parked: Sequence[Parked] = ()) -> Shown:
    """A version under the names of its type."""
    return Telling(cut, schema, cut.versions).shown(version, parked)


class Telling:
    """Versions of one type under the names of a cut."""

    def __init__(self, cut: Cut, type_: Named, purges: Readable) -> None:
        self.type, self._purges, self._names = type_, purges, Names(type_.state)
        self._position, self._branch, self._name = cut.position, cut.branch, type_.name

    def shown(self, version: Version, parked: Sequence[Parked] = ()) -> Shown:
        kind, _, rest = version.entity.partition("/")
        state = readable(self._purges, version, self.type.state)
        if kind == "object":
            form = self._names.form(state["properties"])
            told, sectioned = form.told(state["properties"]), form.sectioned
        else:
            told, sectioned = values(version.entity, self._names, state), ()
        return Shown(
            self._position, self._branch, kind, self._name, rest.partition("/")[2] or rest, version.since,
            version.branch, version.effective, told, version.marks, version.entity, _purged(version), parked, sectioned,
        )  # fmt: skip


def _purged(version: Version) -> dict[str, str] | None:
    if version.change != "purged":
        return None
    return {"at": to_text(version.time), "by": version.author, "reason": version.state["purged"]}
