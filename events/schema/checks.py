"""Checks of values by a resolved declaration (`events.schema.resolving`): plain ones, those of value types, and structs.

A struct is given by the names of its fields and stored by the fields: a rename is one event, and no object is rewritten.
"""

from collections.abc import Mapping

from events.decider import Lookup
from events.objects.sealing import PURGED, is_closed
from events.schema.constrained import check_of_version
from events.schema.resolving import Declared, declaration
from events.schema.values import Check, Json, NotAValue, check_of, list_of, shown, together

Fields = Mapping[str, Declared]


def check_in(get: Lookup, each: Declared) -> Check:
    """The check of a property from its stored form, with what it names looked up. Raises `Unread`."""
    return check_of_declared(declaration(get, each))


def check_of_declared(each: Declared) -> Check:
    """What brings a value into its stored form if the declaration lets it through."""
    if "constraint" in each:
        one = check_of_version(each["constraint"])
    elif "fields" in each:
        one = check_of_struct(each["fields"])
    else:
        return check_of(each)
    return list_of(one) if each["array"] else one


def check_of_struct(fields: Fields) -> Check:
    """What brings an object with these fields by name into one by field; all that is wrong is said at once."""
    checks = {each["name"]: (field, check_of_declared(each)) for field, each in fields.items()}
    required = [each["name"] for each in fields.values() if each["required"]]

    def check(value: Json) -> dict[str, Json]:
        if type(value) is not dict:
            raise NotAValue("VALUE_TYPE", f"is {shown(value)}, not an object with {', '.join(checks)}")
        kept: dict[str, Json] = {}
        wrong = [
            NotAValue("VALUE_FIELD_REQUIRED", "is missing").below(name) for name in required if value.get(name) is None
        ]
        for name, given in value.items():
            try:
                field, one = checks[name]
                if given is not None:
                    kept[field] = one(given)
            except KeyError:
                text = f"is no field of it; it has {', '.join(checks)}"
                wrong.append(NotAValue("VALUE_FIELD_UNKNOWN", text).below(name))
            except NotAValue as fault:
                wrong.append(fault.below(name))
        if wrong:
            raise together(wrong)
        return kept

    return check


def by_name(each: Declared, value: Json) -> Json:
    """A stored value as people see it: structs by the names of their fields, without those that were removed.

    What is closed or purged stays as it is.
    """
    fields: Fields | None = each.get("fields")
    if fields is None or is_closed(value) or value == PURGED:
        return value
    return [_named(fields, item) for item in value] if type(value) is list else _named(fields, value)


def _named(fields: Fields, value: Json) -> Json:
    if type(value) is not dict:
        return value
    return {fields[field]["name"]: by_name(fields[field], item) for field, item in value.items() if field in fields}
