"""Whether a declaration refuses values that another lets through, as they are stored."""

from collections.abc import Iterator
from typing import Final, get_args

from events.schema.constrained import narrowing
from events.schema.constraint import Base
from events.schema.resolving import Declared

_BASES: Final = get_args(Base)


def narrower(old: Declared, new: Declared) -> Iterator[str]:
    """How a resolved declaration lets through less than another, or other values; nothing where all that fitted fits."""
    if old["array"] != new["array"]:
        yield f"{'a list' if old['array'] else 'one value'} becomes {'a list' if new['array'] else 'one value'}"
    if old["type"] != new["type"]:
        yield f"{old['type']} becomes {new['type']}"
        return
    for member, what in (("target", "refers to another object type"), ("struct", "holds another struct")):
        if old.get(member) != new.get(member):
            yield f"it {what}"
    gone = [value for value in old.get("values") or () if value not in new["values"]]
    if gone:
        yield f"it may not be {', '.join(gone)} any more"
    if old["type"] in _BASES:
        plain = {"base": old["type"]}
        yield from narrowing(old.get("constraint", plain), new.get("constraint", plain))


def incomplete(each: Declared, old: Declared, new: Declared) -> Iterator[str]:
    """How a property that has the declaration `new` for `old` asks more of objects than the values it lets through."""
    if each["required"] and old["default"] is not None and new["default"] is None:
        yield "objects that lack a required value would get no default any more"
    if sealed_otherwise(old, new):
        yield "what is encrypted is kept otherwise than what is not"


def sealed_otherwise(old: Declared, new: Declared) -> bool:
    """Whether values are kept otherwise than before: what is encrypted is closed, and reserved under other keys."""
    return "encrypt" in (old.get("marking"), new.get("marking")) and old.get("marking") != new.get("marking")
