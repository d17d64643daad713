"""The catalog: every command and every event by name, and who decides and folds them.

command name ─► model, decider          CloudEvents type ◄─► payload          payload ─► evolve, fold
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, get_args

import msgspec
from pydantic import BaseModel, ValidationError

from events import index
from events.actions import action, action_type
from events.branches import branch, tag
from events.decider import Decider, Lookup, Payload, State
from events.faults import fault_text
from events.findings import Finding, Refused
from events.meant import nearest
from events.merges import merge
from events.migrations import migration
from events.names import Key
from events.objects import link, purging, section
from events.objects import object as object_
from events.plain import Read, made, never, reader
from events.proposals import proposal
from events.rules import policy, rule
from events.schedules import calendar, schedule
from events.schema import (
    interface,
    link_reserving,
    link_type,
    object_type,
    property_counting,
    property_life,
    property_opening,
    property_removal,
    property_reserving,
    property_rules,
    property_source,
    property_type,
    property_unfoldable,
    shared_property,
    struct_type,
    subject,
    type_filling,
    type_interfaces,
    type_life,
    type_rekeying,
    type_structure,
    value_type,
)
from events.schema.values import pointer
from events.subscriptions import subscription
from events.wire.upcasters import UPCASTERS, Chain, NotAPayload, chains


class Command(NamedTuple):
    model: type[Payload]
    decider: Decider
    read: Read[Payload] = never


DECIDERS: Final[tuple[Decider, ...]] = (
    branch,
    tag,
    merge,
    proposal,
    object_type,
    type_life,
    type_rekeying,
    type_structure,
    type_interfaces,
    subject,
    property_life,
    property_removal,
    property_rules,
    property_reserving,
    type_filling,
    property_counting,
    property_opening,
    property_type,
    property_unfoldable,
    property_source,
    value_type,
    struct_type,
    shared_property,
    interface,
    link_type,
    link_reserving,
    rule,
    policy,
    object_,
    link,
    section,
    action_type,
    action,
    purging,
    migration,
    subscription,
    schedule,
    calendar,
)
"""The aggregates; each module says its own commands and events."""

COMMANDS: Final[Mapping[str, Command]] = {
    model.__name__: Command(model, each, reader(model)) for each in DECIDERS for model in each.COMMANDS
}
EVENTS: Final[Mapping[str, type[Payload]]] = {name: model for each in DECIDERS for name, model in each.EVENTS.items()}


def decider(command: str) -> Decider:
    """Who decides a command. Raises `Refused` for a name that is none."""
    return _known(command).decider


def command(name: str, data: Any) -> Payload:
    """A command from its `data`, decoded JSON. Raises `Refused` with all that is wrong; paths point into `data`."""
    known = _known(name)
    plain = known.read(data)
    if plain is not None:
        return plain
    try:
        return known.model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        raise Refused(_shape_findings(error, data, known.model)) from None


def event_type(payload: Payload) -> str:
    """The CloudEvents `type` of an event."""
    return _TYPES[type(payload)]


def data(payload: Payload) -> bytes:
    """An event's `data` as it is stored: compact JSON in the order of the model, nothing for what is `None`."""
    return _encode(stored(payload))


def stored(payload: Payload) -> dict[str, Any]:
    """As `data`, before it is text."""
    plain = _PLAIN.get(type(payload))
    if plain is None:
        return payload.model_dump(by_alias=True, exclude_none=True)
    values = payload.__dict__
    return values if plain.whole else {n: values[a] for n, a in plain.attributes.items() if values[a] is not None}


def payload(event_type: str, data: bytes, old: Mapping[str, Chain] | None = None) -> Payload:
    """An event from its stored `data`, brought to the newest version. Raises `NotAPayload`."""
    try:
        model = EVENTS.get(event_type)
        if model is not None:
            return model.model_validate_json(data, by_alias=True, by_name=False)
        chain = (_OLD if old is None else old).get(event_type)
        if chain is None:
            raise NotAPayload("EVENT_TYPE_UNKNOWN", f"{event_type} is no event that this version of OMS knows")
        upcast = chain.upcast(_decode(data))
        return EVENTS[chain.newest].model_validate(upcast, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "".join(map(pointer, first["loc"]))
        raise NotAPayload("EVENT_DATA_INVALID", f"{event_type} at {where or '/'}: {first['msg']}") from None
    except msgspec.DecodeError as error:
        raise NotAPayload("EVENT_DATA_INVALID", f"{event_type}: {error}") from None


def proven(event_type: str, data: bytes) -> Payload:
    """As `payload`, for data of which the hash chain proves that this catalog wrote it. Raises `NotAPayload`.

    A plain model's values are taken as they are: a quarter of the time that validating them again takes.
    """
    plain = _PLAIN_OF.get(event_type)
    if plain is None:
        return payload(event_type, data)
    model, attributes, required, whole, named = plain
    try:
        values = _decode(data)
    except msgspec.DecodeError:
        return payload(event_type, data)
    if whole and values.keys() == named:
        return made(model, values, named)
    if not required <= values.keys() <= attributes.keys():
        return payload(event_type, data)
    return made(model, {attribute: values.get(name) for name, attribute in attributes.items()}, named)


def evolve(state: State | None, payload: Payload) -> State | None:
    """The entity's next state."""
    return _EVOLVES[type(payload)](state, payload)


def fold(get: Lookup, key: Key, payload: Payload) -> list[tuple[Key, State | None]]:
    """Every head that an event changes, the entity's own first. Raises `Unread` for a state `get` does not hold."""
    before = get(key)
    after = _EVOLVES[type(payload)](before, payload)
    return [(key, after), *index.changes(get, key, before, after)]


class _Plain(NamedTuple):
    """Of a payload without models inside: it is told by its attributes alone."""

    model: type[Payload]
    attributes: Mapping[str, str]  # by the names that they are stored under, in this order
    required: frozenset[str]  # of these names
    whole: bool  # nothing is called otherwise or may be absent: what is stored are the attributes
    named: set[str]  # the attributes, as every payload of the model that is made of all of them names them


def _plain(model: type[Payload]) -> _Plain | None:
    fields = model.model_fields
    optional = [each for each in fields.values() if not each.is_required()]
    if any(each.default is not None for each in optional) or any(_has_models(f.annotation) for f in fields.values()):
        return None
    attributes = {each.alias or attribute: attribute for attribute, each in fields.items()}
    required = frozenset(each.alias or attribute for attribute, each in fields.items() if each.is_required())
    return _Plain(model, attributes, required, required == fields.keys(), set(fields))


def _has_models(annotation: Any) -> bool:
    inside = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return inside or any(map(_has_models, get_args(annotation)))


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_TYPES: Final = {model: name for name, model in EVENTS.items()}
_OLD: Final = chains(UPCASTERS, EVENTS)
_EVOLVES: Final = {model: each.evolve for each in DECIDERS for model in each.EVENTS.values()}
_PLAIN: Final = {model: plain for model in EVENTS.values() if (plain := _plain(model)) is not None}
_PLAIN_OF: Final = {name: _PLAIN[model] for name, model in EVENTS.items() if model in _PLAIN}


def _known(name: str) -> Command:
    known = COMMANDS.get(name)
    if known is None:
        text = f"there is no command {name[:200]!r}; {nearest(name, COMMANDS)}"
        raise Refused([Finding("COMMAND_TYPE_UNKNOWN", "/type", text)])
    return known


def _shape_findings(error: ValidationError, document: Any, model: type[BaseModel]) -> list[Finding]:
    """One finding for each place, all that is wrong there in one sentence."""
    fields = [field.alias or name for name, field in model.model_fields.items()]
    faults: dict[str, list[str]] = {}
    for each in error.errors(include_url=False, include_input=False):
        faults.setdefault(_path(each["loc"], document), []).append(fault_text(each, fields))
    return [Finding("COMMAND_SHAPE", path, "; or ".join(dict.fromkeys(texts))) for path, texts in faults.items()]


def _path(location: Iterable[int | str], document: Any) -> str:
    """A JSON Pointer: without the names of union members that stand in pydantic's locations."""
    path, steps = "", list(location)
    for left, step in enumerate(steps, 1 - len(steps)):
        inside = (isinstance(document, dict) and step in document) or (
            isinstance(document, list) and isinstance(step, int) and step < len(document)
        )
        if inside:
            document = document[step]
            path += pointer(step)
        elif isinstance(document, dict) and not (left and step in document.values()):  # as the tag of a union is
            path += pointer(step)
            document = None
    return path
