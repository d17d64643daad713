"""Whether members of the merged schema get along: those of one element, and of an object type with all types above it.

Plane ── gate (theirs)       a type is looked at if the merge writes it, or one above it; two properties under one field,
  ▲                          or of one name, are a conflict of the two
Jet ──── gate (ours)
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from events.branches.elsewhere import View
from events.decider import State, needed
from events.findings import Finding
from events.merges.conflicts import Place
from events.merges.merging import content
from events.merges.sides import Sides
from events.merges.three_way import ABSENT, found
from events.merges.whole import Trouble, Whole
from events.merges.wishes import there
from events.names import Key
from events.schema.hierarchy import below, line
from events.schema.soundness import present, unsound
from events.schema.values import pointer, same


def types(whole: Whole, sides: Sides) -> Iterator[Trouble]:
    """What does not hold of object types that the merge writes, and of those below them. Raises `Unasked`."""
    written = [state for wish in whole.wishes if (state := _object_type(whole, wish.key)) is not None]
    under = [each for several in needed(lambda state: below(whole.get, state), written) for each in several]
    for state in {each["rid"]: each for each in (*written, *under) if there(each)}.values():
        above = _round(whole, state)
        if above is None:
            yield from _together(whole, sides, state)
        elif state in written:
            rival = Place(_key(above), "/parents")
            yield Trouble("CYCLE", Place(_key(state), "/parents"), f"{state['name']} would stand above itself", rival)


def members(key: Key, state: State, sides: Sides) -> Iterator[Trouble]:
    """Two fields of a struct, or two properties of a link type, that have one name."""
    for member in ("properties", "fields"):
        said: Mapping[str, Any] = state.get(member) or {}
        names: dict[str, Place] = {}
        for field, each in said.items():
            if "name" in each and not each.get("removed"):
                place = Place(key, f"/{member}{pointer(field)}/name")
                yield from _twice(sides, names, each["name"], place, f"{state['name']} would have two that are called")


def _object_type(whole: Whole, key: Key) -> State | None:
    state = whole.get(key) if key.startswith("objectType/") else None
    return state if there(state) else None


def _key(state: State) -> Key:
    return Key(f"objectType/{state['rid']}")


def _round(whole: Whole, state: State) -> State | None:
    """A type above this one that has it as a parent."""
    return next((above for above in line(whole.get, state) if state["rid"] in above.get("parents", ())), None)


def _together(whole: Whole, sides: Sides, state: State) -> Iterator[Trouble]:
    above = line(whole.get, state)
    fields: dict[str, Place] = {}
    for one in above:
        for field in one["properties"]:
            place = Place(_key(one), f"/properties{pointer(field)}")
            yield from _twice(
                sides,
                fields,
                field,
                place,
                f"{state['name']} would have two that store values under",
                "one of them must go",
            )
    names: dict[str, Place] = {}
    for one, field, each in present(above):
        place = Place(_key(one), f"/properties{pointer(field)}/name")
        if fields[field].key == _key(one):  # else that is told already
            yield from _twice(sides, names, each["name"], place, f"{state['name']} would have two that are called")
    faults = [fault for fault in unsound(whole.get, state) if fault.code not in _TOLD]
    if faults:
        known = {fault for side in (sides.ours, sides.theirs) for fault in _unsound_there(side.get(_key(state)), side)}
        yield from (
            Trouble("SCHEMA_SCHEMA", Place(_key(state), fault.path), fault.text)
            for fault in faults
            if fault not in known
        )


def _twice(
    sides: Sides,
    known: dict[str, Place],
    said: str,
    place: Place,
    text: str,
    remedy: str = "give one of them another name",
) -> Iterator[Trouble]:
    """A second place where the same is said; that of theirs gives way to that of ours."""
    first = known.setdefault(said, place)
    if first != place:
        one, other = (first, place) if _is_ours(sides, place) else (place, first)
        yield Trouble("ADD_ADD", one, f"{text} {said}; {remedy}", other)


def _is_ours(sides: Sides, place: Place) -> bool:
    """Whether ours says the same there as theirs does not."""
    ours, theirs = (found(content(place.key, side.get(place.key)), place.path) for side in (sides.ours, sides.theirs))
    return ours is not ABSENT and not same(ours, theirs)


def _unsound_there(state: State | None, side: View) -> Iterator[Finding]:
    """What one side has let be."""
    if state is not None and there(state):
        yield from unsound(side.get, state)


_TOLD: Final = ("TYPE_CYCLE", "PROPERTY_NAME_TAKEN", "PROPERTY_FIELD_TAKEN", "TYPE_DELETED", "INTERFACE_UNSATISFIED")
"""What is looked for elsewhere, of all kinds of elements."""
