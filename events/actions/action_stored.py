"""From a version of an action type as a client says it to the one that is kept, and which types it uses.

Names become what never changes: RIDs of types, slugs of targets, fields of properties. The version has no faults.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from events.actions.action_faults import Scope, shape_named
from events.actions.action_version import Parameter, StoredVersion, Version
from events.actions.edits import ChangeObject, Edit, ForEach, MakeLink, MakeObject, counted
from events.decider import Context, State
from events.names import Key
from events.schema.checks import check_in
from events.schema.kinds import kind_named, kind_reads
from events.schema.shape import Shape, shape_in
from events.schema.values import Json


def stored(context: Context, version: Version) -> StoredVersion:
    """The version as it is kept. Raises `Unread`."""
    scope = Scope(context, version.parameters)
    targets = {each.target: _shape(context, each.target) for each in version.parameters.values() if each.target}
    renamed = {shape.rid: _renamed(shape) for shape in targets.values()}
    return StoredVersion(
        parameters={name: _parameter(context, each, targets) for name, each in version.parameters.items()},
        criteria=version.criteria,
        edits=[_edit(scope, each) for each in version.edits],
        side_effects=version.side_effects,
        names={rid: names for rid, names in renamed.items() if names},
    )


def uses(context: Context, version: Version) -> list[Key]:
    """The types that a version names, sorted. Raises `Unread`."""
    named: set[Key] = {Key(f"{kind}/{_state(context, kind, name)['rid']}") for kind, name in _types(version)}
    return sorted(named)


def version_reads(context: Context, version: Version) -> Iterator[Key]:
    """The keys that types of a version are found under. Raises `Unread` where they cannot be named yet."""
    for kind, name in _types(version):
        yield from kind_reads(context, kind, name)


def _types(version: Version) -> Iterator[tuple[Literal["objectType", "linkType"], str]]:
    for parameter in version.parameters.values():
        if parameter.target is not None:
            yield "objectType", parameter.target
    for edit in counted(version.edits):
        if isinstance(edit, MakeObject):
            yield "objectType", edit.type
        elif isinstance(edit, MakeLink):
            yield "linkType", edit.type


def _parameter(context: Context, parameter: Parameter, targets: Mapping[str, Shape]) -> Parameter:
    default = parameter.default
    if default is not None:
        default = check_in(context.get, parameter.model_dump())(default)
    target = None if parameter.target is None else targets[parameter.target].slug
    return parameter.model_copy(update={"default": default, "target": target})


def _edit(scope: Scope, edit: Edit) -> Edit:
    match edit:
        case MakeObject():
            shape = _shape(scope.context, edit.type)
            return edit.model_copy(update={"type": shape.rid, "properties": _by_field(shape, edit.properties)})
        case ChangeObject():
            referred = scope.shape(edit.object)
            assert referred is not None, "a version without faults names objects that are there"
            return edit.model_copy(update={"set": _by_field(referred, edit.set)})
        case MakeLink():
            state = _state(scope.context, "linkType", edit.type)
            said = None if edit.properties is None else _by_field(shape_in(scope.context.get, state), edit.properties)
            return edit.model_copy(update={"type": state["rid"], "properties": said})
        case ForEach():
            within = scope.within(edit)
            return edit.model_copy(update={"edits": [_edit(within, each) for each in edit.edits]})
    return edit


def _by_field(shape: Shape, values: Mapping[str, Json]) -> dict[str, Json]:
    return {shape.field(name): value for name, value in values.items()}


def _renamed(shape: Shape) -> dict[str, str]:
    return {field: name for field, name in shape.names.items() if field != name}


def _shape(context: Context, name: str) -> Shape:
    shape = shape_named(context, name)
    assert shape is not None, "a version without faults names types that are there"
    return shape


def _state(context: Context, kind: Literal["objectType", "linkType"], name: str) -> State:
    state = kind_named(context, kind, name)
    assert state is not None, "a version without faults names types that are there"
    return state
