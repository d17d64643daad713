"""Properties as they are declared: what may be said of one, and how it is stored.

A default is for objects that are created without a value. A required property that came later also completes older
objects with its default, at their next change; until then they lack it, and reading never invents it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from events.decider import Context, Payload
from events.findings import Finding
from events.names import Key
from events.objects.given import told
from events.schema.checks import check_of_declared
from events.schema.kinds import kind_named, kind_reads, property_name, unknown
from events.schema.markings import unfit, unsplittable
from events.schema.resolving import Declared, declaration
from events.schema.typed import (
    StructNamed,
    TypeNamed,
    ValueTypeNamed,
    VersionNamed,
    type_faults,
    type_reads,
    typed,
    usable,
)
from events.schema.values import ArrayFlag, Json, Marking, NotAValue, Property, pointer, same

_OWN: Final = frozenset({"name", "required", "unique", "unfoldable", "shared"})
"""What is said of a property that a shared one declares."""
_KEPT: Final = {"required", "unique", "array", "default", "values", "marking", "searchable", "unfoldable"}


class DeclaredProperty(Payload):
    """A property as a client asks for it."""

    name: Annotated[str, Field(description="API name: a letter, then letters, digits and `_`, at most 100")]
    type: TypeNamed = None
    required: Annotated[bool, Field(description="every object has a value")] = False
    unique: Annotated[bool, Field(description="no two objects on a branch have the same value")] = False
    array: ArrayFlag = False
    default: Annotated[Json, Field(description="the value of objects that are created without one")] = None
    values: Annotated[list[str] | None, Field(description="what an enum may be")] = None
    target: Annotated[str | None, Field(description="the object type that a reference refers to")] = None
    description: Annotated[str | None, Field(description="what it is")] = None
    marking: Annotated[Marking | None, Field(description="what becomes of personal data in it")] = None
    searchable: Annotated[bool, Field(description="texts are found by what they say")] = False
    unfoldable: Annotated[bool, Field(description="large values are kept in sections, and read folded")] = False
    value_type: ValueTypeNamed = None
    version: VersionNamed = "latest"
    struct: StructNamed = None
    shared: Annotated[
        str | None, Field(description="the shared property that declares it, but for `required` and `unique`")
    ] = None


def declared(
    context: Context, each: DeclaredProperty, own_name: str, own_slug: str, *, key: bool, taken: Collection[str] = ()
) -> Property:
    """The stored form of a declaration without faults. `key`: it is part of the primary key. `taken`: fields in use."""
    numbered = (f"{each.name}~{number}" for number in range(2, len(taken) + 3))
    field = each.name if each.name not in taken else next(name for name in numbered if name not in taken)
    said = _said(context, each)
    return Property(
        rid=context.new_rid("property"),
        field=field,
        name=each.name,
        type=said["type"],
        required=each.required or key,
        unique=each.unique,
        array=each.array,
        default=None if each.default is None else check_of_declared(meant(context, each))(each.default),
        values=each.values,
        target=_target_slug(context, each, own_name, own_slug),
        description=each.description,
        marking=each.marking,
        searchable=each.searchable or None,
        unfoldable=each.unfoldable or None,
        value_type=said.get("valueType"),
        value_type_version=said.get("valueTypeVersion"),
        struct=said.get("struct"),
        shared=said.get("shared"),
    )


def same_declaration(
    context: Context, each: DeclaredProperty, stored: Mapping[str, Any], own_name: str, own_slug: str, *, key: bool
) -> bool:
    """Whether a stored property is what is asked for."""
    try:
        asked = declared(context, each, own_name, own_slug, key=key).state()
    except NotAValue:
        return False
    names = (asked.keys() | stored.keys()) - {"rid", "field", "reserve", "reserving", "opening", "counting"}
    if each.shared is not None:
        names -= {"type"}  # as it was when it was attached; what counts is the shared one's
    return all(same(asked.get(name), stored.get(name)) for name in names)


def declared_reads(context: Context, each: DeclaredProperty, own_name: str) -> Iterator[Key]:
    """The keys that a declaration in a type called `own_name` asks for. Raises `Unread`."""
    if each.target is not None and each.target != own_name:
        yield from kind_reads(context, "objectType", each.target)
    if each.shared is not None:
        yield from kind_reads(context, "sharedProperty", each.shared)
    yield from type_reads(context, each)


def meant(context: Context, each: DeclaredProperty) -> Declared:
    """A declaration without `type_faults` as `declaration` tells it once it is stored. Raises `Unread`."""
    own = each.model_dump(include=_KEPT)
    return declaration(context.get, {**own, **_said(context, each)})


def said_faults(context: Context, each: DeclaredProperty, path: str) -> list[Finding]:
    """Everything that is wrong with which values a declaration means. Raises `Unread`."""
    if each.shared is None:
        return list(type_faults(context, each, path))
    findings = list(usable(context, "sharedProperty", each.shared, f"{path}/shared"))
    for name in sorted(each.model_fields_set - _OWN):
        text = f"{each.name} is declared by the shared property {each.shared}; leave {name} out"
        findings.append(Finding("PROPERTY_SHARED", path + pointer(_alias(name)), text))
    return findings


def faults(context: Context, each: DeclaredProperty, own_name: str, path: str) -> Iterator[Finding]:
    """Everything that is wrong with a declaration in a type called `own_name`. Raises `Unread`."""
    yield from property_name(each.name, f"{path}/name")
    wrong = said_faults(context, each, path)
    yield from wrong
    yield from _reference_faults(context, each, own_name, path)
    if wrong:
        return
    known = meant(context, each)
    if each.unique and (known["array"] or known["type"] in ("json", "struct")):
        text = f"{each.name} is {'an array' if known['array'] else known['type']}; only a scalar can be unique"
        yield Finding("PROPERTY_UNIQUE", f"{path}/unique", text)
    if known["default"] is not None:
        yield from _default_faults(each, known, path)
    if known.get("marking") == "encrypt":
        yield from _encrypted_faults(each, known, path)
    if why := unfit(known):
        yield Finding("PROPERTY_MARKING", f"{path}/marking", f"{each.name} {why}")
    if each.unfoldable and (why := unsplittable({**known, "unfoldable": True})):
        yield Finding("PROPERTY_UNFOLDABLE", f"{path}/unfoldable", f"{each.name} {why}")


def _reference_faults(context: Context, each: DeclaredProperty, own_name: str, path: str) -> Iterator[Finding]:
    if each.type != "reference":
        if each.target is not None:
            text = f"{each.name} is {each.type}; only a reference has a target"
            yield Finding("PROPERTY_TARGET", f"{path}/target", text)
    elif each.target is None:
        yield Finding("PROPERTY_TARGET", f"{path}/target", f"{each.name} needs a target: the type it refers to")
    elif each.target != own_name and kind_named(context, "objectType", each.target) is None:
        yield unknown(context, "objectType", each.target, f"{path}/target")


def _encrypted_faults(each: DeclaredProperty, known: Declared, path: str) -> Iterator[Finding]:
    if known["type"] == "reference":
        text = f"{each.name} is a reference, which others count and follow; encrypt what the object it refers to says"
        yield Finding("PROPERTY_MARKING", f"{path}/marking", text)
    if known.get("searchable"):
        yield Finding("PROPERTY_MARKING", f"{path}/searchable", f"{each.name} is encrypted: nothing can search it")


def _default_faults(each: DeclaredProperty, known: Declared, path: str) -> Iterator[Finding]:
    if each.unique:
        text = f"{each.name} is unique, so no two objects could have its default; leave one of them out"
        yield Finding("PROPERTY_DEFAULT", f"{path}/{'default' if each.shared is None else 'unique'}", text)
    if each.type == "reference":
        text = f"{each.name} is a reference; what it refers to may be gone when it is needed: it has no default"
        yield Finding("PROPERTY_DEFAULT", f"{path}/default", text)
    elif each.shared is None:
        try:
            check_of_declared(known)(each.default)
        except NotAValue as wrong:
            yield from told(wrong, f"the default of {each.name}", f"{path}/default")


def _said(context: Context, each: DeclaredProperty) -> dict[str, Any]:
    """Of a declaration without faults in it, which values it means: as it is stored."""
    if each.shared is None:
        return typed(context, each)
    state = kind_named(context, "sharedProperty", each.shared)
    assert state is not None, f"the shared property {each.shared} has faults and is used"
    return {"type": state["property"]["type"], "shared": state["rid"]}


def _alias(name: str) -> str:
    return DeclaredProperty.model_fields[name].alias or name


def _target_slug(context: Context, each: DeclaredProperty, own_name: str, own_slug: str) -> str | None:
    if each.target is None or each.target == own_name:
        return each.target and own_slug
    state = kind_named(context, "objectType", each.target)
    return None if state is None else str(state["slug"])
