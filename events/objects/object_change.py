"""An object that is to have other values: the event that gives it them, or why it cannot have them."""

from collections.abc import Iterator, Mapping

from events.decider import Context, Drafted
from events.findings import Finding, Refused
from events.objects.claims import refused_claims, refused_key
from events.objects.given import Given, complete, told
from events.objects.large import compared
from events.objects.object_found import Found, claims_of
from events.objects.sealing import PURGED
from events.objects.section import new_sections
from events.schema.shape import Shape
from events.schema.values import Json, NotAValue, pointer, same


def refuse_purged(found: Found) -> None:
    if found.state.get("purged"):
        text = f"{found.shape.name} {found.key} was purged: its values are gone for ever; create it anew"
        raise Refused([Finding("OBJECT_PURGED", "/key", text)])


def change(context: Context, found: Found, given: Given) -> list[Drafted]:
    """The event that gives an object these values, `[]` if it has them. One that is deleted must be fit to come back."""
    shape, old, findings = found.shape, found.old, given.findings
    stored, personal = found.state["properties"], shape.personal
    before = compared(context, shape, found.entity, old, given.values)
    changed = {
        field: value
        for field, value in given.values.items()
        if not same(before.get(field), value)
        or (personal and field in stored and not personal.complete(field, stored[field]))
    }
    back = found.state["deleted"]
    if not changed and not findings and not back:
        return []
    for slot in shape.key:
        if slot.field in changed and not (context.planned and _same_key(found, changed)):
            text = f"{slot.name} is part of the key {found.key}, which never changes; create another object"
            findings.append(Finding("OBJECT_KEY_CHANGED", given.path + pointer(slot.name), text))
    complete(shape, given, old, changed)
    if back and personal is not None:
        lacking = (field for field in stored if not personal.complete(field, stored[field]) and old[field] != PURGED)
        changed = {field: old[field] for field in lacking} | changed
    if back:
        findings += _unfit(context, found, changed, given.path)
    if shape.claiming:
        claims = claims_of(context, shape, changed)
        claims = {**found.state["properties"], **claims} if back else claims
        findings += refused_claims(context, shape, found.entity, claims, given.path)
    if findings:
        raise Refused(findings)
    return [*new_sections(context, given.sections), *found.updated(context, changed)]


def _same_key(found: Found, changed: Mapping[str, Json]) -> bool:
    """Whether an object with these values is under the key that it has: they say the same in another type."""
    try:
        return found.shape.key_of({**found.old, **changed}) == found.key
    except (KeyError, NotAValue):
        return False


def shown(shape: Shape, properties: Mapping[str, Json], name: str) -> Json:
    """What a patch of the property merges into: nothing is left of what was purged."""
    field = shape.field(name)
    value = properties.get(field)
    return None if value == PURGED else shape.shown(field, value)


def _unfit(context: Context, found: Found, changed: Mapping[str, Json], path: str) -> Iterator[Finding]:
    """Why a deleted object, with these values changed, cannot come back to its type as that is now."""
    shape = found.shape
    kept = {field: value for field, value in found.state["properties"].items() if field not in changed}
    for name, wrong in shape.unfit(kept):
        for each in told(wrong, name, path + pointer(name)):
            yield each._replace(text=f"{each.text}, as the type is now; upsert the object with other values")
    try:
        if shape.key_of({**kept, **changed}) != found.key:
            text = (
                f"{shape.name} has another primary key now, under which this object is not {found.key}; create another"
            )
            yield Finding("OBJECT_KEY_CHANGED", path, text)
    except (KeyError, NotAValue):
        pass  # what is missing is said already
    yield from refused_key(context, shape, found.entity, found.key, path)
