"""What a frame says, held against the type that it names: an object type, a struct type or a value type of a cut.

A frame of a value type says its value as `value`. What is wrong has the line and the column of the value it is about.
"""

from collections.abc import Iterator
from typing import Any

from documents.frames import Frame, Place, Problem
from events.decider import State
from events.findings import Finding, Refused
from events.objects.given import checked, told
from events.schema.checks import check_in
from events.schema.shape import shape_in
from events.schema.values import NotAValue, pointer
from queries.cuts import Cut
from queries.naming import Named, named

_VALUES = {"array": False, "values": None, "target": None}


def problems(cut: Cut, frame: Frame) -> list[Problem]:
    """All that is wrong with a frame that names a type; `[]` for one that names none."""
    if frame.type is None:
        return []
    return [_placed(frame, finding) for finding in _findings(cut, frame, frame.type)]


def _findings(cut: Cut, frame: Frame, name: str) -> Iterator[Finding]:
    values = {key: value for key, value in frame.values.items() if not (frame.front and key == "type")}
    if (state := _element(cut, "structType", name)) is not None:
        yield from _checked({"type": "struct", "struct": state["rid"]}, values, cut, name, "")
        return
    if (state := _element(cut, "valueType", name)) is not None:
        yield from _checked({"type": "string", "valueType": state["rid"]}, values.get("value"), cut, name, "/value")
        return
    try:
        found = named(cut, name)
    except Refused as unknown:
        yield from unknown.findings
        return
    yield from _of_object(cut, found, values)


def _of_object(cut: Cut, found: Named, values: dict[str, Any]) -> Iterator[Finding]:
    state = cut.state(found.key)
    assert state is not None, f"{found.key} is there: it was named"
    shape = shape_in(cut.state, state)
    yield from checked(shape, values, "").findings
    for slot in dict.fromkeys((*shape.required, *shape.key)):
        if slot.default is None and values.get(slot.name) is None:
            yield Finding("PROPERTY_REQUIRED", pointer(slot.name), f"{shape.name} needs {slot.name}")


def _checked(declared: dict[str, Any], value: Any, cut: Cut, name: str, path: str) -> Iterator[Finding]:
    if value is None:
        yield Finding("PROPERTY_REQUIRED", path, f"{name} needs a value")
        return
    try:
        check_in(cut.state, {**_VALUES, **declared})(value)
    except NotAValue as wrong:
        yield from told(wrong, name, path)


def _element(cut: Cut, kind: str, name: str) -> State | None:
    for version in cut.alive(f"{kind}/"):
        if version.state["name"] == name:
            return version.state
    return None


def _placed(frame: Frame, finding: Finding) -> Problem:
    """At the value that the finding points to, else at what it stands in, else at the frame."""
    path = finding.path
    while path and path not in frame.places:
        path = path.rpartition("/")[0]
    place: Place = frame.places.get(path, frame.place)
    return Problem(finding.code, place.line, place.column, finding.text)
