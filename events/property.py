"""Properties as they are declared: what may be said of one, and how it is stored.

A default is for objects that are created without a value. A required property that came later also completes older
objects with its default, at their next change; until then they lack it, and reading never invents it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from events.decider import Context, Payload
from events.findings import Finding
from events.kinds import kind_named, property_name, unknown
from events.values import ArrayFlag, Json, Marking, NotAValue, Property, ValueType, check_of, same


class DeclaredProperty(Payload):
    """A property as a client asks for it."""

    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]
    type: ValueType
    required: Annotated[bool, Field(description="every object has a value")] = False
    unique: Annotated[bool, Field(description="no two objects on a branch have the same value")] = False
    array: ArrayFlag = False
    default: Annotated[Json, Field(description="the value of objects that are created without one")] = None
    values: Annotated[list[str] | None, Field(description="what an enum may be")] = None
    target: Annotated[str | None, Field(description="the object type that a reference refers to")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    marking: Annotated[Marking | None, Field(description="what becomes of personal data in it")] = None
    searchable: Annotated[bool, Field(description="texts are found by what they say")] = False


def declared(
    context: Context, each: DeclaredProperty, own_name: str, own_slug: str, *, key: bool, taken: Collection[str] = ()
) -> Property:
    """The stored form of a declaration without faults. `key`: it is part of the primary key. `taken`: fields in use."""
    numbered = (f"{each.name}~{number}" for number in range(2, len(taken) + 3))
    field = each.name if each.name not in taken else next(name for name in numbered if name not in taken)
    return Property(
        rid=context.new_rid("property"),
        field=field,
        name=each.name,
        type=each.type,
        required=each.required or key,
        unique=each.unique,
        array=each.array,
        default=None if each.default is None else check_of(each.model_dump())(each.default),
        values=each.values,
        target=_target_slug(context, each, own_name, own_slug),
        description=each.description,
        marking=each.marking,
        searchable=each.searchable or None,
    )


def same_declaration(
    context: Context, each: DeclaredProperty, stored: Mapping[str, Any], own_name: str, own_slug: str, *, key: bool
) -> bool:
    """Whether a stored property is what is asked for."""
    try:
        asked = declared(context, each, own_name, own_slug, key=key).state()
    except NotAValue:
        return False
    names = (asked.keys() | stored.keys()) - {"rid", "field", "reserve"}
    return all(same(asked.get(name), stored.get(name)) for name in names)


def faults(context: Context, each: DeclaredProperty, own_name: str, path: str) -> Iterator[Finding]:
    """Everything that is wrong with a declaration in a type called `own_name`. Raises `Unread`."""
    yield from property_name(each.name, f"{path}/name")
    yield from _enum_faults(each, path)
    yield from _reference_faults(context, each, own_name, path)
    if each.unique and (each.array or each.type == "json"):
        text = f"{each.name} is {'an array' if each.array else 'json'}; only a scalar can be unique"
        yield Finding("PROPERTY_UNIQUE", f"{path}/unique", text)
    if each.default is not None:
        yield from _default_faults(each, path)
    if each.marking == "encrypt":
        yield from _encrypted_faults(each, path)


def _enum_faults(each: DeclaredProperty, path: str) -> Iterator[Finding]:
    if each.type != "enum":
        if each.values is not None:
            text = f"{each.name} is {each.type}; only an enum has values"
            yield Finding("PROPERTY_VALUES", f"{path}/values", text)
    elif not each.values or len(set(each.values)) != len(each.values) or "" in each.values:
        text = f"{each.name} needs values: at least one, each once, none empty"
        yield Finding("PROPERTY_VALUES", f"{path}/values", text)


def _reference_faults(context: Context, each: DeclaredProperty, own_name: str, path: str) -> Iterator[Finding]:
    if each.type != "reference":
        if each.target is not None:
            text = f"{each.name} is {each.type}; only a reference has a target"
            yield Finding("PROPERTY_TARGET", f"{path}/target", text)
    elif each.target is None:
        yield Finding("PROPERTY_TARGET", f"{path}/target", f"{each.name} needs a target: the type it refers to")
    elif each.target != own_name and kind_named(context, "objectType", each.target) is None:
        yield unknown(context, "objectType", each.target, f"{path}/target")


def _encrypted_faults(each: DeclaredProperty, path: str) -> Iterator[Finding]:
    if each.type == "reference":
        text = f"{each.name} is a reference, which others count and follow; encrypt what the object it refers to says"
        yield Finding("PROPERTY_MARKING", f"{path}/marking", text)
    if each.searchable:
        yield Finding("PROPERTY_MARKING", f"{path}/searchable", f"{each.name} is encrypted: nothing can search it")


def _default_faults(each: DeclaredProperty, path: str) -> Iterator[Finding]:
    if each.unique:
        text = f"{each.name} is unique, so no two objects could have its default; leave one of them out"
        yield Finding("PROPERTY_DEFAULT", f"{path}/default", text)
    if each.type == "reference":
        text = f"{each.name} is a reference; what it refers to may be gone when it is needed: it has no default"
        yield Finding("PROPERTY_DEFAULT", f"{path}/default", text)
        return
    try:
        check_of(each.model_dump())(each.default)
    except NotAValue as wrong:
        yield Finding(wrong.code, f"{path}/default{wrong.path}", f"the default of {each.name} {wrong.text}")


def _target_slug(context: Context, each: DeclaredProperty, own_name: str, own_slug: str) -> str | None:
    if each.target is None or each.target == own_name:
        return each.target and own_slug
    state = kind_named(context, "objectType", each.target)
    return None if state is None else str(state["slug"])
