"""What holds of an object type as a whole, with all that it takes from elsewhere: asked after each change, before it is told.

one line of types        no type above itself, one name and one field for each property, one primary key
what it names is there   parents, interfaces, what properties refer to: not deleted, and not experimental below an active type
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from events.decider import Lookup, State
from events.findings import Finding
from events.names import Key
from events.reserved import slug_key, uses_key
from events.schema.hierarchy import keyed_by, line, subject_of
from events.schema.kinds import KINDS
from events.schema.markings import unfit, unsplittable
from events.schema.resolving import declaration
from events.schema.satisfies import unsatisfied
from events.schema.shape import KEY_TYPES
from events.schema.uses import subtypes, used, users

Declared = Mapping[str, Any]
_CALLED: Final[Mapping[str, str]] = {str(kind): called for kind, called in KINDS.items()}


def unsound(get: Lookup, state: State) -> Iterator[Finding]:
    """Everything that does not hold of an object type; paths name the member of its state. Raises `Unread`."""
    types = line(get, state)
    yield from _round(state, types)
    yield from _twice(state, types)
    yield from _keys(get, state, types)
    yield from _title(state, types)
    yield from _missing(get, state)
    yield from _keyless_targets(get, state)
    yield from _unsatisfied(get, state)
    yield from _encrypted(get, state)
    yield from _subject(get, types)


def key_faults(
    owner: str, names: Sequence[str], properties: Mapping[str, Declared], path: str, *, required: Collection[str]
) -> Iterator[Finding]:
    """Why properties, by the names in `names`, cannot be a primary key. `required`: those that will be required by it."""
    for index, name in enumerate(names):
        at, each = f"{path}/{index}", properties.get(name)
        if each is None:
            yield Finding("TYPE_KEY", at, f"{name!r} is none of the properties")
        elif each["array"] or each["type"] not in KEY_TYPES:
            text = f"{name} is {'an array' if each['array'] else each['type']}; a key is made of {', '.join(KEY_TYPES)}"
            yield Finding("TYPE_KEY", at, text)
        elif each["default"] is not None:
            yield Finding("TYPE_KEY", at, f"{name} has a default; what tells objects apart is always given")
        elif each.get("marking") == "encrypt":
            text = (
                f"{name} is encrypted; a key stands in subjects and in what refers to it: choose one that says nothing"
            )
            yield Finding("TYPE_KEY", at, text)
        elif each.get("marking") == "redact":
            text = f"{name} is masked, and two objects may be masked alike: choose what tells them apart for a key"
            yield Finding("TYPE_KEY", at, text)
        elif not each["required"] and name not in required:
            yield Finding("TYPE_KEY", at, f"{name} is not required, but part of the primary key of {owner}")
        if name in names[:index]:
            yield Finding("TYPE_KEY", at, f"{name} stands in the key twice")


def present(types: Sequence[State]) -> Iterator[tuple[State, str, Declared]]:
    """Of a line of types each property that was not removed: the type that declares it, its field, the property."""
    for one in types:
        for field, each in one["properties"].items():
            if not each.get("removed"):
                yield one, field, each


def _round(state: State, types: Sequence[State]) -> Iterator[Finding]:
    below = next((one for one in types if state["rid"] in one.get("parents", ())), None)
    if below is not None:
        text = f"{state['name']} would stand above itself: {below['name']}, which is above it, has it as a parent"
        yield Finding("TYPE_CYCLE", "/parents", text)


def _twice(state: State, types: Sequence[State]) -> Iterator[Finding]:
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    by_field: defaultdict[str, list[str]] = defaultdict(list)
    for one in types:
        for field in one["properties"]:
            by_field[field].append(one["name"])
    for one, _, each in present(types):
        by_name[each["name"]].append(one["name"])
    for name, owners in by_name.items():
        if len(owners) > 1:
            text = f"{state['name']} would have {name} of {' and of '.join(owners)}; rename one of them first"
            yield Finding("PROPERTY_NAME_TAKEN", "/properties", text)
    for field, owners in by_field.items():
        if len(owners) > 1:
            text = (
                f"{' and '.join(owners)} both store values under {field}, so {state['name']} cannot take from both; "
                "add another property in place of one of them"
            )
            yield Finding("PROPERTY_FIELD_TAKEN", "/properties", text)


def _keys(get: Lookup, state: State, types: Sequence[State]) -> Iterator[Finding]:
    keyed = [one for one in types if one["primaryKey"]]
    if len(keyed) > 1:
        names = " and ".join(one["name"] for one in keyed)
        text = f"{state['name']} would have the primary keys of {names}; an object has one"
        yield Finding("TYPE_KEY", "/primaryKey", text)
    elif not keyed and not state.get("abstract"):
        text = (
            f"{state['name']} needs a primary key of its own, or a parent that has one; only abstract types have none"
        )
        yield Finding("TYPE_KEY", "/primaryKey", text)
    elif not keyed:
        yield from _pointed_at(get, state)
    elif keyed[0] is types[-1]:
        fields = {field: declaration(get, each) for _, field, each in present(types)}
        yield from key_faults(state["name"], state["primaryKey"], fields, "/primaryKey", required=())


def _pointed_at(get: Lookup, state: State) -> Iterator[Finding]:
    """What would have no key any more to refer by."""
    known = get(uses_key(Key(f"objectType/{state['rid']}")))
    for key in users(known):
        if key not in subtypes(known) and key.startswith(("objectType/", "linkType/")):
            name = (get(key) or {}).get("name", key)
            text = f"{state['name']} would have no primary key by which {name} could refer to its objects"
            yield Finding("TYPE_KEY", "/primaryKey", text)


def _title(state: State, types: Sequence[State]) -> Iterator[Finding]:
    fields = {field for _, field, _ in present(types)}
    for member, what in (("titleProperty", "the title property"), ("subject", "the subject")):
        field = state.get(member)
        if field is not None and field not in fields:
            text = f"{field} is {what} of {state['name']}; set another one first"
            yield Finding("PROPERTY_IN_USE", f"/{member}", text)


def _missing(get: Lookup, state: State) -> Iterator[Finding]:
    for key in sorted(used(get, state)):
        kind, _, rid = key.partition("/")
        other = get(key)
        called = f"the {_CALLED.get(kind, kind)} {rid if other is None else other['name']}"
        if other is None or other.get("deleted"):
            text = f"{state['name']} uses {called}, which is {'not there' if other is None else 'deleted; restore it'}"
            yield Finding("TYPE_DELETED", "", text)
        elif state["status"] == "active" and other.get("status") == "experimental":
            text = f"{state['name']} is active and {called} experimental: it may still change; make it active first"
            yield Finding("TYPE_EXPERIMENTAL", "", text)


def _keyless_targets(get: Lookup, state: State) -> Iterator[Finding]:
    for each in state["properties"].values():
        known = None if each.get("removed") or each["target"] is None else get(slug_key("objectType", each["target"]))
        target = None if known is None else get(Key(f"objectType/{known['rid']}"))
        if target is not None and target["rid"] != state["rid"] and keyed_by(line(get, target)) is None:
            text = f"{target['name']} has no primary key by which {each['name']} could refer to its objects"
            yield Finding("PROPERTY_TARGET", "/properties", text)


def _unsatisfied(get: Lookup, state: State) -> Iterator[Finding]:
    for rid in state.get("interfaces", ()):
        interface = get(Key(f"interface/{rid}"))
        if interface is not None:
            for lacking in unsatisfied(get, interface, state):
                yield Finding("INTERFACE_UNSATISFIED", "/interfaces", f"{interface['name']} asks for more: {lacking}")


def _subject(get: Lookup, types: list[State]) -> Iterator[Finding]:
    field = subject_of(types)
    each = next((declaration(get, each) for _, known, each in present(types) if known == field), None)
    if each is not None and (each["array"] or each["type"] not in KEY_TYPES):
        text = f"{each['name']} is {'an array' if each['array'] else each['type']}; a person is named by {', '.join(KEY_TYPES)}"
        yield Finding("SUBJECT_PROPERTY", "/subject", text)


def _encrypted(get: Lookup, state: State) -> Iterator[Finding]:
    for _, _, own in present([state]):
        each = declaration(get, own)
        if each.get("marking") == "encrypt" and each["type"] == "reference":
            text = f"{each['name']} is a reference, which others count and follow; encrypt what it refers to"
            yield Finding("PROPERTY_MARKING", "/properties", text)
        if each.get("marking") == "encrypt" and each.get("searchable"):
            text = f"{each['name']} is encrypted: nothing can search it"
            yield Finding("PROPERTY_MARKING", "/properties", text)
        if why := unfit(each):
            yield Finding("PROPERTY_MARKING", "/properties", f"{each['name']} {why}")
        if why := unsplittable(each):
            yield Finding("PROPERTY_UNFOLDABLE", "/properties", f"{each['name']} {why}")
