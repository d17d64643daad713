"""What a client gives of an object, held against the object's shape: values as they are stored, or findings."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from pydantic import Field

from events.findings import Finding
from events.meant import no_property
from events.schema.shape import Shape, Slot
from events.schema.values import Json, NotAValue, pointer

GivenKey = Annotated[
    str | list[str | int | bool], Field(description="encoded primary key, or its components as a list")
]


class Given(Struct, frozen=True, gc=False):
    """What a client gives, and what became of it."""

    named: Mapping[str, Json]  # by API name
    path: str  # where it stands in the command
    values: dict[str, Json]  # by field, as stored; `None` = shall have no value
    findings: list[Finding]
    sections: Mapping[str, Json] = {}  # by digest, of what is stored in sections


def checked(shape: Shape, named: Mapping[str, Json], path: str) -> Given:
    """Values by API name, checked one by one; what was wrong is a finding and no value."""
    values: dict[str, Json] = {}
    findings: list[Finding] = []
    checks = shape.checks
    for name, value in named.items():
        try:
            field, check = checks[name]
            values[field] = value if value is None else check(value)
        except KeyError:
            findings.append(_unknown(shape, name, path))
        except NotAValue as wrong:
            findings += told(wrong, name, path + pointer(name))
    return Given(named, path, values, findings)


def told(wrong: NotAValue, name: str, path: str) -> Iterator[Finding]:
    """Everything that is wrong with the value called `name`; its members are `name.member`."""
    for each in wrong.all():
        yield Finding(each.code, path + each.path, f"{name}{each.path.replace('/', '.')} {each.text}")


def keyed(shape: Shape, given: Given) -> str | None:
    """The object's key; `None` where a component is missing or malformed. What is wrong with it is a finding."""
    try:
        return shape.key_of(given.values)
    except KeyError:
        return None
    except NotAValue as wrong:
        text = f"the key of a {shape.name} {wrong.text}"
        given.findings.append(Finding(wrong.code, given.path + pointer(shape.key[0].name), text))
        return None


def created_with(shape: Shape, given: Given) -> dict[str, Json]:
    """Values and defaults; what is required and missing is a finding."""
    values = given.values
    properties = {field: value for field, value in values.items() if value is not None}
    for slot in shape.defaults:
        if slot.field not in values:
            properties[slot.field] = slot.default
    for slot in shape.required:
        if slot.field not in properties and given.named.get(slot.name) is None:
            given.findings.append(_missing(shape, slot, given.path))
    return properties


def complete(shape: Shape, given: Given, old: Mapping[str, Json], changed: dict[str, Json]) -> None:
    """Add the defaults of required properties that came later than the object; what else is missing is a finding."""
    for slot in shape.required:
        if slot.field in changed:
            missing = changed[slot.field] is None
        elif slot.field in old:
            missing = False
        elif slot.default is not None:
            changed[slot.field] = slot.default
            missing = False
        else:
            missing = given.named.get(slot.name) is None
        if missing:
            given.findings.append(_missing(shape, slot, given.path))


def _missing(shape: Shape, slot: Slot, path: str) -> Finding:
    return Finding("PROPERTY_REQUIRED", path + pointer(slot.name), f"{shape.name} needs {slot.name}")


def _unknown(shape: Shape, name: str, path: str) -> Finding:
    at = path + pointer(name)
    if name.startswith("_"):
        text = f"{name}: names that begin with _ are written by OMS alone; leave it out"
        return Finding("PROPERTY_RESERVED", at, text)
    return no_property(shape.name, name, shape.checks, at)
