"""What becomes of each entity that two sides changed: its members merged three ways, existence first. Pure.

What an entity says is its content: `{"properties": {…}}` of an object or a link, the state of an element of the schema;
`ABSENT` where it is deleted or was never there.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from events.decider import State
from events.merges.conflicts import STRICTNESS, Conflict, Kind, Place
from events.merges.three_way import ABSENT, DEEPEST, Clash, replaced, three_way
from events.names import Key
from events.objects.sealing import is_closed
from events.schema.kinds import KINDS
from events.schema.values import Json, same, shown

ORDERED: Final = ("primaryKey",)
"""Members of the schema whose lists are in an order that means something."""


class Outcome(NamedTuple):
    """`content` has ours at every conflict that stops the merge."""

    content: Json
    conflicts: tuple[Conflict, ...] = ()


def aggregate(key: str) -> str:
    return key.partition("/")[0]


def mergeable(key: str) -> bool:
    """Whether a merge carries it over: objects, links and elements of the schema."""
    return key.startswith(_MERGEABLE)


def is_element(key: str) -> bool:
    """Whether it is an element of the schema."""
    return key.startswith(_ELEMENTS)


def is_data(key: str) -> bool:
    """Whether it is an object or a link."""
    return key.startswith(("object/", "link/"))


def content(key: str, state: State | None) -> Json:
    """What an entity says; `ABSENT` if it is not there."""
    if state is None or state.get("deleted"):
        return ABSENT
    if is_element(key):
        return {name: value for name, value in state.items() if name != "deleted"}
    return {"properties": state.get("properties", {})}


def unreserved(key: str, said: Json) -> Json:
    """Without what is said of values that were reserved: they were so on another branch."""
    if said is ABSENT or not key.startswith(("objectType/", "linkType/")):
        return said
    if key.startswith("linkType/"):
        return {name: value for name, value in said.items() if name not in _UNDER_WAY}
    properties = {
        field: {name: value for name, value in each.items() if name not in ("reserving", "opening", "counting")}
        for field, each in said["properties"].items()
    }
    kept = {name: value for name, value in said.items() if name not in ("filling", "rekeying", "tracing")}
    return {**kept, "properties": properties}


def merged(key: Key, base: Json, ours: Json, theirs: Json) -> Outcome:
    """What becomes of the contents of one entity."""
    if same(ours, theirs) or same(base, theirs):
        return Outcome(ours)
    if same(base, ours):
        return Outcome(theirs)
    if base is not ABSENT and (ours is ABSENT or theirs is ABSENT):
        return Outcome(ours, (_modified_and_deleted(key, base, ours, theirs),))
    return _members(key, {} if base is ABSENT else base, ours, theirs, added=base is ABSENT)


def _members(key: Key, base: Json, ours: Json, theirs: Json, *, added: bool) -> Outcome:
    element = is_element(key)
    value, clashes = three_way(base, ours, theirs, deep=1 if element else DEEPEST, ordered=ORDERED if element else ())
    conflicts = []
    for clash in clashes:
        agreed = _agreed(clash)
        if agreed is not ABSENT:
            value = replaced(value, clash.path, agreed)
        if agreed is ABSENT or clash.path.endswith("/marking"):
            conflicts.append(_conflict(key, clash, added=added))
    return Outcome(value, tuple(conflicts))


def _agreed(clash: Clash) -> Json:
    """What both can live with: the stricter marking, the older of two identities of one member; else `ABSENT`."""
    if clash.path.endswith("/marking"):
        return max(clash.ours, clash.theirs, key=STRICTNESS.index)
    if clash.base is ABSENT and type(clash.ours) is type(clash.theirs) is dict:
        one, other = ({n: v for n, v in side.items() if n != "rid"} for side in (clash.ours, clash.theirs))
        if same(one, other):
            return min(clash.ours, clash.theirs, key=lambda side: str(side.get("rid")))
    return ABSENT


def _modified_and_deleted(key: Key, base: Json, ours: Json, theirs: Json) -> Conflict:
    deleted = (
        "this branch deleted it, and theirs changed it"
        if ours is ABSENT
        else "theirs deleted it, and this branch changed it"
    )
    return Conflict("MODIFY_DELETE", Place(key, ""), base, ours, theirs, deleted)


def _conflict(key: Key, clash: Clash, *, added: bool) -> Conflict:
    kind = _kind(key, clash, added=added)
    was, mine, other = (said(side) for side in (clash.base, clash.ours, clash.theirs))
    text = f"it was {was}; ours is {mine}, theirs is {other}"
    if kind == "MARKING":
        text += "; the stricter is taken"
    return Conflict(kind, Place(key, clash.path), clash.base, clash.ours, clash.theirs, text)


def _kind(key: Key, clash: Clash, *, added: bool) -> Kind:
    if not is_element(key):
        return "ADD_ADD" if added else "FIELD"
    if clash.path.endswith("/marking"):
        return "MARKING"
    if clash.path.endswith("/name") and clash.base is not ABSENT:
        return "RENAME_RENAME"
    return "ADD_ADD" if clash.base is ABSENT and type(clash.ours) is type(clash.theirs) is dict else "SCHEMA_SCHEMA"


def said(value: Json) -> str:
    """A value as it may stand in a sentence."""
    if value is ABSENT:
        return "absent"
    if value is None:
        return "empty"
    return "an encrypted value" if is_closed(value) else shown(value)


def older(key: Key, base: Json, one: Json, other: Json) -> Json:
    """The content of a virtual merge base: two common ancestors merged, with what was before both at each conflict."""
    outcome = merged(key, base, one, other)
    value = outcome.content
    for conflict in outcome.conflicts:
        if conflict.blocking:
            value = base if not conflict.place.path else replaced(value, conflict.place.path, conflict.base)
    return value


def contents(keys: Iterator[Key], states: Mapping[Key, State | None]) -> dict[Key, Json]:
    return {key: content(key, states.get(key)) for key in keys}


_UNDER_WAY: Final = ("reserving", "reserved", "tracing", "traced")
_ELEMENTS: Final = tuple(f"{kind}/" for kind in KINDS)
_MERGEABLE: Final = ("object/", "link/", *_ELEMENTS)
