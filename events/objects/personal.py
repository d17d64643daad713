"""What is personal of an object: which values are kept closed, and whom it is about.

    Customer (subject: email)     email, phone: encrypted     closed under the object's key and the key of `kim@…`
    Order (subject: customer)     address: encrypted          closed under the object's key and the key of `Customer/7`

A person is called as the subject property says: `<slug>/<key>` where it is the key of an object or refers to one, else
the text itself. Objects that call a person alike need that person's key: once it is gone, none of them is read again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from events.decider import Context, Lookup, State
from events.names import Key
from events.objects.sealing import PURGED, Closed, Json, is_closed
from events.reserved import slug_key, subject_key
from events.schema.hierarchy import keyed_by, line, subject_of
from events.schema.values import Check, NotAValue, component_text, pointer

ENCRYPT: Final = "encrypt"


class Personal(NamedTuple):
    closed: Mapping[
        str, str | None
    ]  # encrypted field → slug of the type that declares it unique, or on its way there; else `None`
    subject: str | None  # the field that says whom an object is about
    prefix: str  # what stands in front of its value in the person's name
    opening: frozenset[str]  # of the encrypted fields those that are written in plain from now on

    def person(self, values: Mapping[str, Json]) -> str | None:
        """Whom an object with these values is about; `None` where they do not say."""
        value = None if self.subject is None else values.get(self.subject)
        return None if value is None or value == PURGED else self.prefix + component_text(value)

    def about(self, stored: Mapping[str, Json]) -> Key | None:
        """The reserved key of the person that stored values, or tokens of them, name."""
        value = None if self.subject is None else stored.get(self.subject)
        return None if value is None else subject_key(self.prefix, value)

    def kept(self, field: str, stored: Json) -> bool:
        """Whether a stored value is kept as the property wants it: it may have been written before it was encrypted."""
        return field not in self.closed or field in self.opening or is_closed(stored)

    def closes(self, field: str) -> bool:
        """Whether a value is closed when it is written."""
        return field in self.closed and field not in self.opening

    def complete(self, field: str, stored: Json) -> bool:
        """Whether it is kept so, with the token by which others find it where there must be one."""
        if field in self.opening:
            return not is_closed(stored)
        if not self.kept(field, stored):
            return False
        return (self.closed.get(field) is None and field != self.subject) or not is_closed(stored) or "token" in stored


def personal_in(get: Lookup, types: list[State], declared: Mapping[str, Mapping[str, Any]]) -> Personal | None:
    """Of a type's `hierarchy.line` and of all properties it has; `None` where nothing is personal. Raises `Unread`."""
    declaring = {field: one["slug"] for one in types for field in one.get("properties", {})}
    closed = {
        field: declaring[field] if each["unique"] or each.get("reserving") == "begun" else None
        for field, each in declared.items()
        if each.get("marking") == ENCRYPT
    }
    subject = subject_of(types)
    if subject not in declared:
        subject = None
    if not closed and subject is None:
        return None
    prefix = "" if subject is None else _prefix(get, types, subject, declared[subject])
    return Personal(closed, subject, prefix, frozenset(field for field in closed if declared[field].get("opening")))


def discreet(check: Check) -> Check:
    """The check of an encrypted property: what it says of a wrong value does not repeat the value."""

    def checked(value: Json) -> Json:
        try:
            return check(value)
        except NotAValue as wrong:
            raise NotAValue(wrong.code, "does not fit; the value is personal and is not repeated here") from None

    return checked


def opened(
    context: Context, personal: Personal | None, entity: Key, properties: Mapping[str, Json]
) -> Mapping[str, Json]:
    """Stored values as they were given; `PURGED` where a key is gone."""
    if personal is None:
        return properties
    return {
        field: context.seals.opened(value, entity, pointer(field))
        if field in personal.closed and is_closed(value)
        else value
        for field, value in properties.items()
    }


def closed(
    context: Context, personal: Personal, entity: Key, values: Mapping[str, Json], whole: Mapping[str, Json]
) -> dict[str, Json]:
    """Values as they are stored, of an object that has the values `whole` from now on."""
    owners = list(owners_of(context, personal, entity, whole))

    def close(field: str, value: Json) -> Closed:
        sealed = context.seals.sealed(owners, entity, pointer(field), value)
        return {**sealed, **_token(context, personal, field, value)}

    return {
        field: close(field, value) if personal.closes(field) and value is not None else value
        for field, value in values.items()
    }


def changing(personal: Personal, old: Mapping[str, Json], changed: Mapping[str, Json]) -> Mapping[str, Json]:
    """Changed values, with all that are encrypted where the object is about another person from now on."""
    if personal.person(old) == personal.person({**old, **changed}):
        return changed
    rest = {field: old[field] for field in personal.closed if field in old and old[field] != PURGED}
    return {**rest, **changed}


def tokened(context: Context, personal: Personal, values: Mapping[str, Json]) -> dict[str, Json]:
    """Values by which others may be found: what is encrypted and unique is its token."""
    return {
        field: _token(context, personal, field, value) if personal.closes(field) and value is not None else value
        for field, value in values.items()
    }


def owners_of(context: Context, personal: Personal, entity: Key, values: Mapping[str, Json]) -> Iterator[str]:
    """Whose keys the values of an object need: its own, and that of the person it is about."""
    yield context.seals.token("object", entity)
    person = personal.person(values)
    if person is not None:
        yield person_token(context, person)


def person_token(context: Context, person: str) -> str:
    return context.seals.token("subject", person)


def _token(context: Context, personal: Personal, field: str, value: Json) -> Closed:
    if field == personal.subject:
        return {"token": person_token(context, personal.prefix + component_text(value))}
    slug = personal.closed[field]
    return {} if slug is None else {"token": context.seals.token("value", slug, field, value)}


def _prefix(get: Lookup, types: Sequence[State], subject: str, declared: Mapping[str, Any]) -> str:
    """References and the key they refer to say the same: the slug of the type that declares the key."""
    if declared["type"] == "reference":
        known = get(slug_key("objectType", declared["target"]))
        target = None if known is None else get(Key(f"objectType/{known['rid']}"))
        types = () if target is None else line(get, target)
    keyed = keyed_by(list(types))
    if declared["type"] != "reference" and (keyed is None or keyed["primaryKey"] != [subject]):
        return ""
    return f"{keyed['slug'] if keyed else declared['target']}/"
