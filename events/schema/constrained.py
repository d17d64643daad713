"""What a version of a value type lets through, and whether it lets through less than another.

Patterns are run by an engine that takes linear time whatever the pattern (RE2's syntax: no look-around, no
back-references), so nobody can stop the committer with one.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from events.schema.values import Check, Json, NotAValue, check_of, shown

MAX_MATCHED: Final = 10_000  # characters of a text that is held against a pattern

Version = Mapping[str, Any]
"""A version as it is stored: `base`, and of the members of `Constraint` those that are set."""


def check_of_version(version: Version) -> Check:
    """What brings a value into its stored form if the version lets it through."""
    base = check_of({"type": version["base"], "array": False})
    bounds = [made(version) for made in dict.fromkeys(bound for name, bound in _BOUNDS.items() if name in version)]
    if not bounds:
        return base

    def check(value: Json) -> Json:
        stored = base(value)
        for bound in bounds:
            bound(stored)
        return stored

    return check


def narrowing(old: Version, new: Version) -> Iterator[str]:
    """How `new` refuses what `old` lets through, or changes what it means; nothing where all that fits still does.

    It says too much rather than too little: of two patterns nobody can tell, unless one is an alternative more.
    """
    if old["base"] != new["base"]:
        yield f"{old['base']} becomes {new['base']}"
        return
    if "unit" in old and old["unit"] != new.get("unit"):
        yield f"the unit {old['unit']} becomes {new.get('unit') or 'none'}"
    if "enum" in old:
        refused = [shown(value) for value in old["enum"] if not accepts(new, value)]
        if refused:
            yield f"{', '.join(refused[:20])} would not fit any more"
    elif "enum" in new:
        yield f"only {len(new['enum'])} values would fit"
    else:
        yield from _tighter(old, new)


def accepts(version: Version, value: Json) -> bool:
    """Whether the version lets a value through."""
    try:
        check_of_version(version)(value)
    except NotAValue:
        return False
    return True


def pattern_fault(regex: str) -> str | None:
    """Why a text is no pattern that could be run; `None` where it is one."""
    try:
        for pattern in (regex, _whole(regex)):  # alone too: `a)|(b` is none, though it closes what stands round it
            _matcher(pattern)
    except (SchemaError, UnicodeEncodeError) as error:
        return " ".join(str(error).split()).rpartition("error: ")[2][-300:]
    return None


def fits(pattern: str, text: Json) -> bool:
    """Whether a pattern without fault is found in a text; what is no text fits none. Linear in the text."""
    try:
        _matcher(pattern).validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def _tighter(old: Version, new: Version) -> Iterator[str]:
    for name, more in (("min", 1), ("minLength", 1), ("max", -1), ("maxLength", -1)):
        bound, was = new.get(name), old.get(name)
        if bound is None or (name == "minLength" and bound == 0):
            continue
        if was is None or (bound > was if more > 0 else bound < was):
            yield f"{name} {'is new' if was is None else f'{was} becomes'} {bound}"
    regex, was = new.get("regex"), old.get("regex")
    if regex is not None and regex != was and not (was is not None and regex.startswith(was + "|")):
        yield f"texts must fit {shown(regex)}, not {shown(was)}" if was else f"texts must fit {shown(regex)}"


def _whole(regex: str) -> str:
    return rf"\A(?:{regex})\z"


@lru_cache(512)
def _matcher(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def _enum(version: Version) -> Check:
    allowed = version["enum"]
    known = frozenset(allowed)

    def check(value: Json) -> None:
        if value not in known:
            raise NotAValue("VALUE_ENUM", f"is {shown(value)}, none of {', '.join(map(shown, allowed[:100]))}")

    return check


def _least(version: Version) -> Check:
    least, unit = version["min"], _unit(version)

    def check(value: Json) -> None:
        if value < least:
            raise NotAValue("VALUE_BOUND", f"is {value}{unit}; at least {least}{unit}")

    return check


def _most(version: Version) -> Check:
    most, unit = version["max"], _unit(version)

    def check(value: Json) -> None:
        if value > most:
            raise NotAValue("VALUE_BOUND", f"is {value}{unit}; at most {most}{unit}")

    return check


def _length(version: Version) -> Check:
    least, most = version.get("minLength", 0), version.get("maxLength")

    def check(value: Json) -> None:
        if len(value) < least:
            raise NotAValue("VALUE_LENGTH", f"has {len(value):,} characters; at least {least:,}")
        if most is not None and len(value) > most:
            raise NotAValue("VALUE_LENGTH", f"has {len(value):,} characters; at most {most:,}")

    return check


def _pattern(version: Version) -> Check:
    regex = version["regex"]
    matches = _matcher(_whole(regex)).validate_python

    def check(value: Json) -> None:
        if len(value) > MAX_MATCHED:
            text = f"has {len(value):,} characters; at most {MAX_MATCHED:,} are held against a pattern"
            raise NotAValue("VALUE_LENGTH", text)
        try:
            matches(value)
        except ValidationError:
            raise NotAValue("VALUE_PATTERN", f"is {shown(value)}, which does not fit {shown(regex)}") from None

    return check


def _unit(version: Version) -> str:
    return f" {version['unit']}" if "unit" in version else ""


_BOUNDS: Final = {
    "enum": _enum,
    "min": _least,
    "max": _most,
    "minLength": _length,
    "maxLength": _length,
    "regex": _pattern,
}
