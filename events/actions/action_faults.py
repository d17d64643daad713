"""What is wrong with a version of an action type: whatever it names must be there, and every expression must read.

A literal is checked as the value it will be; an expression's value only once there is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from events.actions.action_version import Criterion, Parameter, SideEffect, Version
from events.actions.edits import (
    MAX_EDITS,
    ChangeObject,
    Edit,
    ForEach,
    MakeLink,
    MakeObject,
    RemoveObject,
    counted,
    expression,
)
from events.decider import Context, State
from events.findings import Finding
from events.meant import no_property
from events.rules.expression_text import paths, tokens
from events.rules.expressions import NotAnExpression, compiled
from events.schema.kinds import Kind, kind_named, kind_of_slug, property_name, unknown
from events.schema.property import DeclaredProperty
from events.schema.property import faults as property_faults
from events.schema.shape import Shape, shape_in
from events.schema.values import Json, NotAValue, pointer

VARIABLES: Final = frozenset(("parameters", "objects", "author", "branch", "time", "id"))
KEY: Final = "_key"
"""In the map of an object: its key."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be named at some place in a version; in one that is `kept`, targets are slugs."""

    context: Context
    parameters: Mapping[str, Parameter]
    kept: bool = False

    def shape(self, name: str) -> Shape | None:
        """Of the objects that a parameter refers to; `None` if it refers to none."""
        parameter = self.parameters.get(name)
        if parameter is None or parameter.target is None:
            return None
        if not self.kept:
            return shape_named(self.context, parameter.target)
        state = kind_of_slug(self.context, "objectType", parameter.target)
        return None if state is None else shape_in(self.context.get, state)

    def within(self, edit: ForEach) -> "Scope":
        item = self.parameters[edit.parameter].model_copy(update={"array": False})
        return Scope(self.context, {**self.parameters, edit.as_: item}, self.kept)


def shape_named(context: Context, name: str) -> Shape | None:
    """The shape of an object type by API name, slug or RID. Raises `Unread`."""
    state = there(context, "objectType", name)
    return None if state is None else shape_in(context.get, state)


def there(context: Context, kind: Kind, name: str) -> State | None:
    """An element of the schema that is not deleted. Raises `Unread`."""
    state = kind_named(context, kind, name)
    return None if state is None or state.get("deleted") else state


def faults(context: Context, version: Version) -> Iterator[Finding]:
    """Everything that is wrong with a version as a client says it. Raises `Unread`."""
    for name, parameter in version.parameters.items():
        yield from _of_parameter(context, name, parameter)
    scope = Scope(context, version.parameters)
    for index, criterion in enumerate(version.criteria):
        yield from _of_criterion(scope, criterion, f"/criteria/{index}")
    yield from _of_edits(scope, version.edits, "/edits")
    for index, effect in enumerate(version.side_effects):
        yield from _of_effect(scope, effect, f"/sideEffects/{index}")
    if not version.edits and not version.side_effects:
        yield Finding("ACTION_EDIT", "/edits", "it does nothing; give it an edit, or a side effect")
    if sum(1 for _ in counted(version.edits)) > MAX_EDITS:
        yield Finding("ACTION_EDIT", "/edits", f"it has more than {MAX_EDITS} edits; make it several action types")


def _of_parameter(context: Context, name: str, parameter: Parameter) -> Iterator[Finding]:
    path = f"/parameters{pointer(name)}"
    declared = DeclaredProperty(name=name, **parameter.model_dump())
    for finding in property_faults(context, declared, "", path):
        yield finding._replace(path=finding.path.removesuffix("/name"))


def _of_criterion(scope: Scope, criterion: Criterion, path: str) -> Iterator[Finding]:
    yield from _of_expression(scope, criterion.cel, f"{path}/cel")
    if type(criterion.message) is str:
        return
    if expression(criterion.message) is None:
        yield Finding("ACTION_CRITERION", f"{path}/message", 'a message is a text, or {"cel": "<expression>"}')
    yield from _of_value(scope, criterion.message, f"{path}/message")


def _of_effect(scope: Scope, effect: SideEffect, path: str) -> Iterator[Finding]:
    for name, value in effect.payload.items():
        yield from _of_value(scope, value, f"{path}/payload{pointer(name)}")


def _of_edits(scope: Scope, edits: list[Edit], path: str) -> Iterator[Finding]:
    for index, edit in enumerate(edits):
        at = f"{path}/{index}"
        match edit:
            case MakeObject():
                yield from _of_making(scope, edit, at)
            case ChangeObject():
                yield from _of_object(scope, edit.object, at)
                yield from _of_properties(scope, scope.shape(edit.object), edit.set, f"{at}/set")
            case RemoveObject():
                yield from _of_object(scope, edit.object, at)
            case MakeLink():
                yield from _of_link(scope, edit, at)
            case ForEach():
                yield from _of_each(scope, edit, at)


def _of_making(scope: Scope, edit: MakeObject, path: str) -> Iterator[Finding]:
    shape = shape_named(scope.context, edit.type)
    yield from _of_properties(scope, shape, edit.properties, f"{path}/properties")
    if shape is None:
        yield unknown(scope.context, "objectType", edit.type, f"{path}/type")
        return
    for slot in shape.required:
        needed = slot in shape.key or (slot.default is None and edit.edit == "createObject")
        if needed and slot.name not in edit.properties:
            text = f"{shape.name} needs {slot.name}; say what it is"
            yield Finding("PROPERTY_REQUIRED", f"{path}/properties{pointer(slot.name)}", text)


def _of_object(scope: Scope, name: str, path: str) -> Iterator[Finding]:
    parameter = scope.parameters.get(name)
    if parameter is None or parameter.type != "reference" or parameter.array:
        what = "there is none" if parameter is None else f"{'an array' if parameter.array else parameter.type}"
        text = f"{name} shall be a parameter that refers to one object; it is {what}"
        if parameter is None:
            text = f"there is no parameter {name}; an edit names an object by the parameter that refers to it"
        yield Finding("ACTION_EDIT", f"{path}/object", text)


def _of_properties(scope: Scope, shape: Shape | None, values: Mapping[str, Json], path: str) -> Iterator[Finding]:
    for name, value in values.items():
        at = path + pointer(name)
        yield from _of_value(scope, value, at)
        if shape is None:
            continue
        if name not in shape.checks:
            yield no_property(shape.name, name, shape.checks, at)
        elif value is not None and expression(value) is None:
            yield from _of_literal(shape, name, value, at)


def _of_literal(shape: Shape, name: str, value: Json, path: str) -> Iterator[Finding]:
    try:
        shape.checks[name][1](value)
    except NotAValue as wrong:
        yield Finding(wrong.code, path + wrong.path, f"{name} {wrong.text}")


def _of_link(scope: Scope, edit: MakeLink, path: str) -> Iterator[Finding]:
    state = there(scope.context, "linkType", edit.type)
    shape = None if state is None else shape_in(scope.context.get, state)
    if shape is None:
        yield unknown(scope.context, "linkType", edit.type, f"{path}/type")
    if edit.properties is not None and edit.edit == "deleteLink":
        yield Finding("ACTION_EDIT", f"{path}/properties", "a link is deleted with its properties; leave them out")
    yield from _of_properties(scope, shape, edit.properties or {}, f"{path}/properties")
    yield from _of_value(scope, edit.from_, f"{path}/from")
    yield from _of_value(scope, edit.to, f"{path}/to")


def _of_each(scope: Scope, edit: ForEach, path: str) -> Iterator[Finding]:
    yield from property_name(edit.as_, f"{path}/as")
    parameter = scope.parameters.get(edit.parameter)
    if edit.as_ in scope.parameters:
        yield Finding("ACTION_EDIT", f"{path}/as", f"{edit.as_} is a parameter already; call the item something else")
    if parameter is None or not parameter.array:
        text = f"{edit.parameter} is no parameter that is an array; a list of them is what edits are repeated for"
        yield Finding("ACTION_EDIT", f"{path}/parameter", text)
        return
    yield from _of_edits(scope.within(edit), edit.edits, f"{path}/edits")


def _of_value(scope: Scope, value: Json, path: str) -> Iterator[Finding]:
    cel = expression(value)
    if cel is not None:
        yield from _of_expression(scope, cel, f"{path}/cel")


def _of_expression(scope: Scope, text: str, path: str) -> Iterator[Finding]:
    """It reads, and what it names of parameters and their objects is there."""
    try:
        compiled(text, VARIABLES)
    except NotAnExpression as wrong:
        yield Finding("ACTION_EXPRESSION", path, f"the expression {wrong.text}")
        return
    for steps in paths(tokens(text)):
        said = _unnamed(scope, steps) if steps[0] in ("parameters", "objects") and len(steps) > 1 else ""
        if said:
            yield Finding("ACTION_EXPRESSION", path, f"{'.'.join(steps)}: {said}")


def _unnamed(scope: Scope, steps: Sequence[str]) -> str:
    """Why a path leads nowhere, `""` where it leads somewhere."""
    name = steps[1]
    parameter = scope.parameters.get(name)
    if parameter is None:
        return f"there is no parameter {name}; there are {', '.join(scope.parameters) or 'none'}"
    if steps[0] == "parameters":
        return ""
    if parameter.type != "reference":
        return f"{name} is {parameter.type} and refers to no object; write parameters.{name}"
    shape = scope.shape(name)
    if parameter.array or shape is None or len(steps) == 2 or steps[2] in (KEY, *shape.checks):
        return ""
    return f"{shape.name} has no property {steps[2]}; it has {', '.join(shape.checks)}"
