"""What of an action is personal: parameters whose values it writes into encrypted properties, or into masked ones.

Its entry in the log says that they were given, and not what they were; what it tells others must not name them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from events.actions.action_faults import Scope, shape_named
from events.actions.action_version import Version
from events.actions.edits import ChangeObject, Edit, ForEach, MakeObject, expression
from events.findings import Finding
from events.objects.sealing import SEALED
from events.rules.expression_text import paths, tokens
from events.schema.shape import Shape
from events.schema.values import Json, pointer

_NOBODY: Final[Mapping[str, Json]] = {}


def recorded(scope: Scope, version: Version, parameters: Mapping[str, Json]) -> dict[str, Json]:
    """Parameters as the entry of an action keeps them. Raises `Unread`."""
    personal = _written(scope, version.edits)
    return {name: SEALED if name in personal else value for name, value in parameters.items() if value is not None}


def told_faults(scope: Scope, version: Version) -> Iterator[Finding]:
    """Where a message or a side effect would repeat what is encrypted. Raises `Unread`."""
    personal = _written(scope, version.edits)
    for path, value in _told(version):
        for steps in paths(tokens(expression(value) or "")):
            if _repeats(scope, steps, personal):
                text = f"{'.'.join(steps)} is personal, and what is said here is kept in plain; leave it out"
                yield Finding("ACTION_PERSONAL", path, text)


def _told(version: Version) -> Iterator[tuple[str, Json]]:
    for index, criterion in enumerate(version.criteria):
        yield f"/criteria/{index}/message", criterion.message
    for index, effect in enumerate(version.side_effects):
        for name, value in effect.payload.items():
            yield f"/sideEffects/{index}/payload{pointer(name)}", value


def _repeats(scope: Scope, steps: list[str], personal: set[str]) -> bool:
    if steps[0] == "parameters":
        return bool(personal) if len(steps) == 1 else steps[1] in personal
    if steps[0] != "objects":
        return False
    named = scope.parameters if len(steps) == 1 else steps[1:2]
    shapes = [shape for name in named if (shape := scope.shape(name)) is not None]
    return any(len(steps) < 3 or _encrypted(shape, steps[2]) for shape in shapes if shape.personal)


def _written(scope: Scope, edits: Iterable[Edit]) -> set[str]:
    """The parameters of which something goes into an encrypted property."""
    found: set[str] = set()
    for edit in edits:
        if isinstance(edit, ForEach):
            inside = _written(scope.within(edit), edit.edits)
            found |= {edit.parameter if name == edit.as_ else name for name in inside}
            continue
        shape, values = _given(scope, edit)
        for name, value in values.items():
            if shape is not None and _is_hidden(shape, name):
                found |= _parameters(scope, value)
    return found


def _given(scope: Scope, edit: Edit) -> tuple[Shape | None, Mapping[str, Json]]:
    match edit:
        case MakeObject():
            return shape_named(scope.context, edit.type), edit.properties
        case ChangeObject():
            return scope.shape(edit.object), edit.set
    return None, _NOBODY


def _parameters(scope: Scope, value: Json) -> set[str]:
    named = [steps for steps in paths(tokens(expression(value) or "")) if steps[0] == "parameters"]
    return set(scope.parameters) if any(len(steps) == 1 for steps in named) else {steps[1] for steps in named}


def _is_hidden(shape: Shape, name: str) -> bool:
    """Whether what is given is not what is kept. By the property's name, or its field."""
    return _encrypted(shape, name) or (shape.field(name), "redact") in shape.guarded


def _encrypted(shape: Shape, name: str) -> bool:
    return shape.personal is not None and shape.field(name) in shape.personal.closed
