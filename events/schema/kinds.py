"""Object types and link types by name: what a name means on a branch, and which names may be given.

A command says a type's API name of the moment, its slug, or its RID; the API name wins.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from events.decider import Context, State
from events.findings import Finding
from events.meant import LONGEST, names_under, nearest
from events.names import FIELD_NAME, TYPE_NAME, Key
from events.reserved import name_key, slug_key

Kind = Literal["objectType", "linkType", "interface", "sharedProperty", "valueType", "structType", "actionType", "rule"]
KINDS: Final[Mapping[Kind, str]] = {
    "objectType": "object type",
    "linkType": "link type",
    "interface": "interface",
    "sharedProperty": "shared property",
    "valueType": "value type",
    "structType": "struct type",
    "actionType": "action type",
    "rule": "rule",
}
"""The aggregates of the schema that have a RID, a slug and an API name, and what they are called in a sentence."""

ObjectTypeNamed = Annotated[str, Field(description="object type: API name, slug or RID")]
LinkTypeNamed = Annotated[str, Field(description="link type: API name, slug or RID")]
NewTypeName = Annotated[str, Field(description="API name: a letter, then letters and digits, at most 100")]

RESERVED: Final = frozenset({"Query", "Mutation", "Subscription", "String", "Int", "Float", "Boolean", "ID"})
"""Names that GraphQL keeps for itself."""


def kind_named(context: Context, kind: Kind, name: str) -> State | None:
    """The type's state, `None` if nothing on this branch has that name. Raises `Unread`."""
    key = _key_named(context, kind, name)
    return None if key is None else context.get(key)


def kind_reads(context: Context, kind: Kind, name: str) -> Iterator[Key]:
    """The keys that `kind_named` asks for. Raises `Unread` where they cannot be named yet."""
    if name.startswith("ri."):
        yield Key(f"{kind}/{name}")
        return
    yield name_key(kind, name)
    if context.get(name_key(kind, name)) is None:
        yield slug_key(kind, name)
    key = _key_named(context, kind, name)
    if key is not None:
        yield key


def kind_of_slug(context: Context, kind: Kind, slug: str) -> State | None:
    """The state of the type with that slug, whatever it is called. Raises `Unread`."""
    known = context.get(slug_key(kind, slug))
    return None if known is None else context.get(Key(f"{kind}/{known['rid']}"))


def slug_reads(context: Context, kind: Kind, slug: str) -> Iterator[Key]:
    """The keys that `kind_of_slug` asks for. Raises `Unread` where they cannot be named yet."""
    yield slug_key(kind, slug)
    known = context.get(slug_key(kind, slug))
    if known is not None:
        yield Key(f"{kind}/{known['rid']}")


def unknown(context: Context, kind: Kind, name: str, path: str) -> Finding:
    """What to say where `kind_named` found nothing. Raises `Unread`."""
    meant = nearest(name, names_under(context, name_key(kind, "")), "create it first")
    return Finding("TYPE_UNKNOWN", path, f"there is no {KINDS[kind]} {name[:LONGEST]!r} on {context.branch}; {meant}")


def deleted(kind: Kind, state: State, path: str) -> Finding:
    """What to say where an element that is named is deleted."""
    return Finding("TYPE_DELETED", path, f"the {KINDS[kind]} {state['name']} is deleted; restore it first")


def free_slug(context: Context, kind: Kind, name: str) -> str:
    """The name itself if it was never a slug in this ontology, else `name~2`, `name~3`, … Raises `Unread`."""
    return next(slug for slug in _slugs(name) if context.get(slug_key(kind, slug)) is None)


def free_slug_reads(context: Context, kind: Kind, name: str) -> Iterator[Key]:
    """The keys that `free_slug` asks for. Raises `Unread` where they cannot be named yet."""
    for slug in _slugs(name):
        key = slug_key(kind, slug)
        yield key
        if context.get(key) is None:
            return


def type_name(name: str, path: str) -> Iterator[Finding]:
    """What is wrong with a name as the API name of a type."""
    if not TYPE_NAME.fullmatch(name) or not unicodedata.is_normalized("NFC", name):
        text = f"{name!r} is no type name: a letter, then letters and digits, at most 100, in Unicode NFC"
        yield Finding("TYPE_NAME", path, text)
    elif name in RESERVED:
        yield Finding("TYPE_NAME", path, f"{name} is a name that GraphQL keeps for itself; choose another")


def property_name(name: str, path: str) -> Iterator[Finding]:
    """What is wrong with a name as the API name of a property."""
    if name.startswith("_"):
        yield Finding("PROPERTY_RESERVED", path, f"{name}: names that begin with _ are written by OMS alone")
    elif not FIELD_NAME.fullmatch(name) or not unicodedata.is_normalized("NFC", name):
        text = f"{name!r} is no property name: a letter, then letters, digits and _, at most 100, in Unicode NFC"
        yield Finding("PROPERTY_NAME", path, text)


def name_taken(context: Context, kind: Kind, name: str, path: str, but: str = "") -> Iterator[Finding]:
    """A finding if another type than the one with RID `but` has that name on this branch. Raises `Unread`."""
    holder = context.get(name_key(kind, name))
    if holder is not None and holder["rid"] != but:
        text = f"{context.branch} has the {KINDS[kind]} {name} already; choose another name or rename that one"
        yield Finding("TYPE_NAME_TAKEN", path, text)


def _slugs(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 1_000_000):
        yield f"{name}~{number}"


def _key_named(context: Context, kind: Kind, name: str) -> Key | None:
    if name.startswith("ri."):
        return Key(f"{kind}/{name}")
    known = context.get(name_key(kind, name)) or context.get(slug_key(kind, name))
    return None if known is None else Key(f"{kind}/{known['rid']}")
