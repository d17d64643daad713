"""Fixes of what is encrypted: values are written again, closed or in plain, or with the token that makes them unique.

                 closed from now on          in plain from now on        unique
    plain        closed, batch by batch      (fits)                      (not encrypted)
    closed       (fits)                      opened, in one commit       closed again with a token, in one commit

What was written in plain stays in the log: closing it is for what comes, and for what reads the present.
"""

from collections.abc import Mapping
from dataclasses import replace

from events.decider import Context, State, needed
from events.findings import Finding, Refused
from events.migrations.migration_properties import TYPE, of_objects
from events.migrations.migration_step import Conversion, Step
from events.migrations.migration_values import converted, known
from events.migrations.migration_words import Fix
from events.names import Key, object_key
from events.objects.personal import ENCRYPT
from events.objects.sealing import PURGED, is_closed
from events.reserved import unique_key
from events.schema.checks import by_name
from events.schema.property_change import own_property
from events.schema.property_rules import SetMarking, SetUnique
from events.schema.resolving import Declared, declaration
from events.schema.type_change import existing
from events.schema.values import Json


def remarked(context: Context, command: SetMarking, _: Fix) -> Conversion:
    """The property first: what is written then is kept as it says. Raises `Refused`, `Unread`.

    Where the values are unique, or shall be read in plain, all of it is one commit: unique values are found in one form
    alone, and nobody writes in plain what is to be encrypted.
    """
    state = existing(context, command.type, TYPE)
    each = declaration(context.get, own_property(context, state, command.property))
    closing = command.marking == ENCRYPT

    def fixed(one: State) -> Step | None:
        stored = one["properties"].get(each["field"])
        if stored is None or is_closed(stored) == closing:
            return None
        return _again(context, one, each)

    whole = of_objects(context, state, fixed, first=(command,))
    return replace(whole, once=not closing or each["unique"])


def told_apart(context: Context, command: SetUnique, fix: Fix) -> Conversion:
    """As `migration_objects.different`, of an encrypted property. Raises `Refused`, `Unread`."""
    state = existing(context, command.type, TYPE)
    each = declaration(context.get, own_property(context, state, command.property))
    field = each["field"]
    found = of_objects(context, state, lambda _: None)
    keys = [key for prefix in found.prefixes for key in context.under(prefix)]
    there = zip(keys, needed(context.get, keys), strict=True)
    alive = {key: one for key, one in there if one is not None and not one["deleted"] and field in one["properties"]}
    crowds = _crowds(context, alive, each, reverse=fix.kind == "last")
    gone = {key for crowd in crowds for key in (crowd if fix.kind == "drop" else crowd[1:])}

    def fixed(one: State) -> Step | None:
        stored = one["properties"].get(field)
        if object_key(one["slug"], one["key"]) in gone:
            return converted(one, {each["name"]: None})
        return None if stored is None or "token" in stored else _again(context, one, each)

    # with tokens of an earlier time they would be taken as soon as the property is unique, by whoever is to lose them
    early = (converted(alive[key], {each["name"]: None}) for key in gone if "token" in alive[key]["properties"][field])
    return replace(found, fixed=fixed, first=(*(step.command for step in early), command), once=True)


def with_tokens(context: Context, command: SetUnique) -> Conversion | None:
    """Closes each encrypted value again with the token by which others find it; `None` where they are in plain."""
    state = existing(context, command.type, TYPE)
    each = declaration(context.get, own_property(context, state, command.property))

    def fixed(one: State) -> Step | None:
        stored = one["properties"].get(each["field"])
        return None if stored is None or "token" in stored else _again(context, one, each)

    return of_objects(context, state, fixed) if each.get("marking") == ENCRYPT else None


def _crowds(context: Context, alive: Mapping[Key, State], each: Declared, *, reverse: bool) -> list[list[Key]]:
    """The objects that share a value, in the order in which they were written. Raises `Unread`."""
    in_order = sorted(alive, key=lambda key: context.head(key).position, reverse=reverse)
    by_value: dict[Key, list[Key]] = {}
    for key in in_order:
        value = known(context, alive[key])[each["field"]]
        if value != PURGED:
            by_value.setdefault(unique_key("", "", value), []).append(key)
    return [crowd for crowd in by_value.values() if len(crowd) > 1]


def _again(context: Context, one: State, each: Declared) -> Step | None:
    """The same value once more. What nobody can read goes."""
    value: Json = known(context, one)[each["field"]]
    if value == PURGED and each["required"]:
        text = f"{each['name']} is required, and the key of this value is destroyed; purge or delete the object"
        raise Refused([Finding("PROPERTY_REQUIRED", "", text)])
    return converted(one, {each["name"]: None if value == PURGED else by_name(each, value)})
