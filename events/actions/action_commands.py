"""The commands that an action's edits are: of each edit, with its expressions evaluated, the object or link command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from events.actions.action_given import Given, Referred
from events.actions.edits import ChangeObject, Edit, ForEach, MakeLink, MakeObject, RemoveObject, Single
from events.decider import Context, Payload
from events.findings import Finding, Refused
from events.names import Key
from events.objects.given import GivenKey
from events.objects.link_words import CreateLink, DeleteLink
from events.objects.object_words import CreateObject, DeleteObject, UpdateObject, UpsertObject
from events.rules.expressions import NotEvaluated
from events.schema.shape import shape_in
from events.schema.values import Json, shown

MAX_STEPS: Final = 20_000
"""Edits of one command, each submission and each item of a `forEach` counted: about a second."""


class Step(NamedTuple):
    """One edit that is to be done; `where` says in a sentence which it is."""

    where: str
    edit: Single
    given: Given


def how_many(edits: Sequence[Edit], values: Mapping[str, Json]) -> int:
    """How many edits these are with these parameters, without looking at each."""
    return sum(
        len(values.get(edit.parameter) or ()) * how_many(edit.edits, values) if isinstance(edit, ForEach) else 1
        for edit in edits
    )


def steps(edits: Sequence[Edit], given: Given, above: str = "") -> Iterator[Step]:
    """All edits in their order, those of a `forEach` once for each item."""
    for number, edit in enumerate(edits, 1):
        where = f"{above}{number}"
        if not isinstance(edit, ForEach):
            yield Step(f"edit {where} ({edit.edit})", edit, given)
            continue
        for index, item in enumerate(given.items(edit)):
            yield from steps(edit.edits, item, f"{where}, {edit.parameter}[{index}], ")


def command_of(context: Context, step: Step) -> Payload | None:
    """`None` where a parameter without a value names the object. Raises `Refused`, `Unread`."""
    edit = step.edit
    match edit:
        case MakeObject():
            values = _named(context, "objectType", edit.type, edit.properties, step)
            model = CreateObject if edit.edit == "createObject" else UpsertObject
            return model(type=edit.type, properties=values)
        case ChangeObject():
            referred: Referred | None = step.given.objects[edit.object]
            if referred is None:
                return None
            patch = _named(context, "objectType", referred.type, edit.set, step)
            return UpdateObject(type=referred.type, key=referred.key, patch=patch)
        case RemoveObject():
            referred = step.given.objects[edit.object]
            return None if referred is None else DeleteObject(type=referred.type, key=referred.key)
        case MakeLink():
            from_, to = _end(step, "from", edit.from_), _end(step, "to", edit.to)
            if edit.edit == "deleteLink":
                return DeleteLink(type=edit.type, from_=from_, to=to)
            properties = (
                None if edit.properties is None else _named(context, "linkType", edit.type, edit.properties, step)
            )
            return CreateLink(type=edit.type, from_=from_, to=to, properties=properties)


def _named(context: Context, kind: str, rid: str, values: Mapping[str, Json], step: Step) -> dict[str, Json]:
    """What is given by field, by the names of today."""
    state = context.get(Key(f"{kind}/{rid}"))
    names: Mapping[str, str] = {} if state is None else shape_in(context.get, state).names
    return {names.get(field, field): _value(step, names.get(field, field), value) for field, value in values.items()}


def _value(step: Step, name: str, value: Json) -> Json:
    try:
        return step.given.value(value)
    except NotEvaluated as error:
        text = f"the expression for {name} {error.text}"
        raise Refused([Finding("ACTION_EXPRESSION", "", text)]) from None


def _end(step: Step, end: str, value: Json) -> GivenKey:
    key = _value(step, end, value)
    parts = key if type(key) is list else [key]
    if not (type(key) is list or type(key) is str) or not all(type(part) in (str, int, bool) for part in parts):
        raise Refused(
            [Finding("OBJECT_KEY", "", f"{end} is {shown(key)}; an end is a key, or its components as a list")]
        )
    return key
