"""Names as they were: types and properties go by other names over time, what is stored under slug and field stays.

name of a type ── at a cut ──► rid, slug ──► object/<slug>/<key> ── properties by field ── at a cut ──► by name

The state of an object type is told with the properties of the types above it, as they were at that moment.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from events.decider import State
from events.findings import Finding, Refused
from events.meant import nearest
from events.names import Key, link_key, object_key
from events.schema.hierarchy import effective, line
from events.schema.uses import declaring
from projectors.versions import Version
from queries.called import other_elements
from queries.cuts import Cut
from queries.telling import Names

Kind = Literal["objectType", "linkType", "object", "link"]


@dataclass(frozen=True, slots=True)
class Named:
    """A type at a cut: its key, whether it is of objects or of links, its state, and whether it was named from behind."""

    kind: Literal["objectType", "linkType"]
    key: Key
    state: State
    turned: bool = False  # by what the links are called from their other end: keys are said the other way round, too

    @property
    def name(self) -> str:
        return str(self.state["name"])

    @property
    def slug(self) -> str:
        return str(self.state["slug"])

    @property
    def entities(self) -> str:
        """What the keys of all its objects or links start with."""
        return f"{'object' if self.kind == 'objectType' else 'link'}/{self.slug}/"

    def entity(self, key: str) -> Key:
        """The key of one of its objects, or of one of its links (`<from key>~<to key>`)."""
        if self.kind == "objectType":
            return object_key(self.slug, key)
        from_key, _, to_key = key.partition("~")
        return link_key(self.slug, to_key, from_key) if self.turned else link_key(self.slug, from_key, to_key)


def types(cut: Cut) -> Iterator[Named]:
    """Every type at the cut, object types first."""
    for version in cut.valid("objectType/"):
        yield Named("objectType", version.entity, effective(cut.state, version.state))
    for version in cut.valid("linkType/"):
        yield Named("linkType", version.entity, effective(cut.state, version.state))


def named(cut: Cut, name: str) -> Named:
    """The type with this API name at the cut, else with this slug, else with this RID; of two the one that is there.

    A link type has the name from its other end, too. Raises `Refused` (TYPE_UNKNOWN).
    """
    known = sorted(types(cut), key=lambda candidate: bool(candidate.state.get("deleted")))
    for attribute in ("name", "inverse", "slug", "rid"):
        for candidate in known:
            if candidate.state.get(attribute) == name:
                return replace(candidate, turned=attribute == "inverse")
    meant = nearest(name, (candidate.name for candidate in known), "`oms schema list` shows those that there are")
    text = f"no type is called {name[:200]} on {cut.branch} at position {cut.position}; {meant}"
    for other in other_elements(cut, name):
        text = f"{other}, no type of objects or links; `oms schema list` and `export` show it"
    raise Refused([Finding("TYPE_UNKNOWN", "/type", text)])


def is_below(cut: Cut, one: Named, other: Named) -> bool:
    """Whether an object type takes from another one."""
    return one.key != other.key and any(above["rid"] == other.state["rid"] for above in line(cut.state, one.state))


def object_at_once(cut: Cut, name: str, key: str) -> tuple[Named, Version] | None:
    """The object, if its type's name is its slug, as it mostly is: two looks instead of one at every type."""
    version = cut.version(object_key(name, key))
    schema = type_of(cut, version.state) if version else None
    if version is None or schema is None or schema["name"] != name or schema.get("deleted"):
        return None
    return Named("objectType", Key(f"objectType/{schema['rid']}"), schema), version


def type_of(cut: Cut, state: State) -> State | None:
    """The state at the cut of the type of this object or link."""
    rid = state.get("type")
    if version := cut.version(Key(f"objectType/{rid}")):
        return effective(cut.state, version.state)
    link_type = cut.version(Key(f"linkType/{rid}"))
    return link_type and effective(cut.state, link_type.state)


def types_of(cut: Cut, state: State) -> list[tuple[int, State]]:
    """Every state of the type of this object or link that the branch has seen, and since which position; oldest first."""
    rid = state.get("type")
    own = cut.history(Key(f"objectType/{rid}")) or cut.history(Key(f"linkType/{rid}"))
    if not any(True for version in own for _ in _elsewhere(version.state)):
        return [(version.since, version.state) for version in own]
    return list(_effective_since(cut, own))


def _effective_since(cut: Cut, own: Sequence[Version]) -> Iterator[tuple[int, State]]:
    seen = {own[0].entity: own}
    waiting = list(own)
    while waiting:
        for above in _elsewhere(waiting.pop().state):
            if above not in seen:
                seen[above] = cut.history(above)
                waiting += seen[above]
    for since in sorted({version.since for each in seen.values() for version in each}):
        if since >= own[0].since:
            then = partial(_state, seen, since)
            yield since, effective(then, then(own[0].entity) or own[0].state)


def _elsewhere(state: State) -> Iterator[Key]:
    """What else of the schema says how the objects of a type look: types above it, and what its properties name."""
    yield from (Key(f"objectType/{rid}") for rid in state.get("parents", ()))
    yield from declaring(state)


def _state(histories: Mapping[Key, Sequence[Version]], at: int, key: Key) -> State | None:
    """The state then; the first one where a commit names an element before it comes to it."""
    versions = histories.get(key, ())
    found = bisect_right(versions, at, key=lambda version: version.since)
    return versions[max(found, 1) - 1].state if versions else None


def values(key: Key, names: Names, state: State | None) -> dict[str, Any]:
    """What people see of a state: properties by name, of a link its ends before them, a type's declaration; `{}` of nothing."""
    if state is None:
        return {}
    if key.startswith("object/"):
        return names.told(state["properties"])
    if key.startswith("link/"):
        return {"from": state["from"], "to": state["to"], **names.told(state.get("properties", {}))}
    own = state.get("properties", {})
    inherited = {f: each for f, each in (names.schema or {}).get("properties", {}).items() if f not in own}
    return _said(state) | ({"inherited": _said(inherited)} if inherited else {})


def _said(declaration: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not said, at every depth."""
    return {
        name: _said(value) if isinstance(value, dict) else value
        for name, value in declaration.items()
        if value is not None
    }
