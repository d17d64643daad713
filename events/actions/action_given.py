"""What an action is applied to: its parameters as they are kept, the objects they refer to, what expressions see of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from events.actions.action_faults import KEY, VARIABLES
from events.actions.action_version import Parameter, StoredVersion
from events.actions.edits import ForEach, expression
from events.decider import Context
from events.findings import Finding, Refused
from events.names import Key, Rid, object_key
from events.objects.personal import opened
from events.rules.expressions import compiled
from events.schema.checks import check_in
from events.schema.hierarchy import entity_of
from events.schema.kinds import kind_of_slug, slug_reads
from events.schema.shape import shape_in
from events.schema.values import Json, NotAValue, pointer

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Referred(NamedTuple):
    """An object that a parameter refers to; `seen` is what expressions see of it."""

    type: Rid
    key: str
    seen: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Given:
    parameters: Mapping[str, Json]  # as they are kept; `None` = no value
    objects: Mapping[str, Any]  # by parameter: `Referred`, a list of them for an array, or `None`
    shared: Mapping[str, Json]  # what else expressions see

    def value(self, value: Json) -> Json:
        """A literal itself, or what an expression comes to. Raises `NotEvaluated`."""
        cel = expression(value)
        return value if cel is None else self.evaluated(cel)

    def evaluated(self, cel: str) -> Json:
        """Raises `NotEvaluated`."""
        seen = {name: _seen(value) for name, value in self.objects.items()}
        values = {**self.shared, "parameters": self.parameters, "objects": seen}
        return compiled(cel, VARIABLES).evaluate(values)

    def items(self, edit: ForEach) -> Iterator["Given"]:
        """What the edits inside see, for each item."""
        items = self.parameters[edit.parameter] or ()
        objects = self.objects.get(edit.parameter) or [None] * len(items)
        for item, referred in zip(items, objects, strict=True):
            yield Given(
                {**self.parameters, edit.as_: item}, {**self.objects, edit.as_: referred}, self.shared
            )  # fmt: skip


def given(context: Context, version: StoredVersion, named: Mapping[str, Json], path: str, identity: str) -> Given:
    """Raises `Refused` with all that is wrong with the parameters, and `Unread`."""
    findings = [
        Finding("ACTION_PARAMETER", path + pointer(name), f"there is no parameter {name}; there are {_all(version)}")
        for name in named
        if name not in version.parameters
    ]
    values: dict[str, Json] = {}
    objects: dict[str, Any] = {}
    for name, parameter in version.parameters.items():
        at = path + pointer(name)
        try:
            values[name] = _checked(context, parameter, name, named)
            if parameter.target is not None:
                objects[name] = _referred(context, version, parameter, values[name])
        except NotAValue as wrong:
            findings.append(Finding(wrong.code, at + wrong.path, f"{name} {wrong.text}"))
    if findings:
        raise Refused(findings)
    time = _EPOCH + timedelta(microseconds=context.time)
    shared = {"author": context.author, "branch": context.branch, "time": time, "id": identity}
    return Given(values, objects, shared)


def given_reads(context: Context, version: StoredVersion, named: Mapping[str, Json]) -> Iterator[Key]:
    """The keys that `given` asks for. Raises `Unread` where they cannot be named yet."""
    for name, parameter in version.parameters.items():
        if parameter.target is None:
            continue
        yield from slug_reads(context, "objectType", parameter.target)
        try:
            value = _checked(context, parameter, name, named)
        except NotAValue:
            continue
        for key in _keys(parameter, value):
            yield object_key(parameter.target, key)
            yield entity_of(context.get, parameter.target, key)


def _checked(context: Context, parameter: Parameter, name: str, named: Mapping[str, Json]) -> Json:
    """The value as it is kept. Raises `NotAValue`."""
    value = named.get(name, parameter.default)
    if value is not None:
        return check_in(context.get, parameter.model_dump())(value)
    if parameter.required:
        raise NotAValue("ACTION_PARAMETER", "is missing; the action needs it")
    return None


def _referred(context: Context, version: StoredVersion, parameter: Parameter, value: Json) -> Any:
    """Raises `NotAValue` for what is not there."""
    if not parameter.array:
        return None if value is None else _object(context, version, parameter, value, "")
    return [_object(context, version, parameter, key, pointer(at)) for at, key in enumerate(value or ())]


def _object(context: Context, version: StoredVersion, parameter: Parameter, key: str, path: str) -> Referred:
    assert parameter.target is not None
    entity = entity_of(context.get, parameter.target, key)
    state, kind = context.get(entity), kind_of_slug(context, "objectType", parameter.target)
    if state is None or state["deleted"] or kind is None:
        raise NotAValue("VALUE_REFERENCE", f"refers to {entity}, which is not there; create it first", path)
    names = version.names.get(kind["rid"], {})
    shape = shape_in(context.get, kind)
    properties = opened(context, shape.personal, entity, state["properties"])
    seen = {names.get(field, field): properties.get(field) for field in shape.names}
    return Referred(Rid(state["type"]), key, {**seen, KEY: key})


def _keys(parameter: Parameter, value: Json) -> list[str]:
    if value is None:
        return []
    return list(value) if parameter.array else [value]


def _seen(referred: Any) -> Json:
    if isinstance(referred, list):
        return [_seen(each) for each in referred]
    return referred.seen if isinstance(referred, Referred) else None


def _all(version: StoredVersion) -> str:
    return ", ".join(version.parameters) or "none"
