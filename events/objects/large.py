"""Large values of an object: split into sections where they are given, and put together where a patch needs them whole."""

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from events.decider import Context
from events.findings import Finding, Refused
from events.names import Key
from events.objects.given import Given
from events.objects.personal import Personal, owners_of
from events.objects.section import uploaded, whole
from events.schema.shape import Shape
from events.schema.values import Json, pointer, same


def in_sections(context: Context, shape: Shape, given: Given) -> Given:
    """`given` with stubs in place of large values, and the sections that these need. Raises `Unread`.

    What is encrypted is whole: it is split when it is known whose keys it needs (`closed_sections`).
    """
    sections: dict[str, Json] = {}
    for field in shape.documents.keys() & given.values.keys():
        value, path = given.values[field], given.path + pointer(shape.names[field])
        encrypted = shape.personal is not None and shape.personal.closes(field)
        root = context.splits.section(value)
        if root is not None:
            sent = _sent(context, shape, field, value, path, given.findings)
            if not encrypted:
                sections |= sent
            elif not given.findings:
                given.values[field] = whole(context, value, sent)
        elif shape.documents[field] and not encrypted:
            given.values[field] = _split(context, value, path, given.findings, sections)
    return replace(given, sections=sections) if sections else given


def _sent(
    context: Context, shape: Shape, field: str, value: Json, path: str, findings: list[Finding]
) -> dict[str, Json]:
    """The sections of a value that is given by a stub, as far as they are not stored; what is wrong is a finding."""
    root = context.splits.section(value)
    assert root is not None
    if shape.documents[field] is None:
        text = f"{shape.names[field]} keeps no sections; make it unfoldable first (SetUnfoldable)"
        findings.append(Finding("PROPERTY_UNFOLDABLE", path, text))
    if context.splits.key(value):
        findings.append(Finding("SECTION_SHAPE", path, "a stub that is given holds no key; give the value itself"))
    return uploaded(context, root, path, findings)


def spread(context: Context, shape: Shape, name: str, given: Json, path: str, findings: list[Finding]) -> Json:
    """What a patch says of a large value, parts of it that were sent ahead in place of their stubs. Raises `Unread`.

    In a map that is merged into what is there a stub can only stand for a text or a list, which take its place.
    """
    if not isinstance(given, dict) or shape.documents.get(shape.field(name)) is None:
        return given
    root = context.splits.section(given)
    if root is None:
        return {
            each: spread(context, shape, name, value, path + pointer(each), findings) for each, value in given.items()
        }
    faults: list[Finding] = []
    sent = uploaded(context, root, path, faults)
    findings += faults
    return given if faults else whole(context, given, sent)


def closed_sections(
    context: Context, shape: Shape, entity: Key, values: Mapping[str, Json], whole_values: Mapping[str, Json]
) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """Values with stubs in place of large ones that are encrypted, and their sealed sections.

    `whole_values`: all that the object has from now on, which says whose keys it needs. Raises `Refused`.
    """
    personal = shape.personal
    split = [field for field, unfoldable in shape.documents.items() if unfoldable and values.get(field) is not None]
    if personal is None or not any(map(personal.closes, split)):
        return values, {}
    stored, sections = dict(values), dict[str, Json]()
    findings: list[Finding] = []
    for field in split:
        if personal.closes(field) and context.splits.section(values[field]) is None:
            key = _document_key(context, personal, entity, field, whole_values)
            stored[field] = _split_once(context, values[field], entity, field, findings, sections, key)
    if findings:
        raise Refused(findings)
    return stored, sections


def compared(
    context: Context, shape: Shape, entity: Key, old: Mapping[str, Json], given: Mapping[str, Json]
) -> Mapping[str, Json]:
    """Old values, to be compared with those that are given: encrypted documents are the given ones where they are equal.

    Sealed under one key, equal values have equal sections; only under another one are they compared as wholes. Raises `Unread`.
    """
    found = dict(old)
    for field in shape.documents:
        there = context.splits.key(old.get(field)) if field in given else ""
        if not there or given[field] is None:
            continue
        assert shape.personal is not None, "only what is encrypted has a key"
        if there != _document_key(context, shape.personal, entity, field, {**old, **given}):
            found[field] = whole(context, old[field])
            continue
        stub = _split_once(context, given[field], entity, field, [], {}, there)
        if context.splits.section(stub) == context.splits.section(old[field]):
            found[field] = given[field]
    return found


def _document_key(context: Context, personal: Personal, entity: Key, field: str, values: Mapping[str, Json]) -> str:
    """Of a document of an object that has these values."""
    return context.seals.document_key(list(owners_of(context, personal, entity, values)), entity, pointer(field))


def _split_once(
    context: Context, value: Json, entity: Key, field: str, findings: list[Finding], sections: dict[str, Json], key: str
) -> Json:
    """As `_split`; not again where the same command is decided again."""
    at = "split", entity, field, key
    noted = context.notes.get(at)
    if noted is None or not same(noted.value, value):  # one command may give a value twice
        noted = context.notes[at] = _Noted(value, {}, [])
        noted.stub = _split(context, value, "", noted.findings, noted.sections, key)
    sections |= noted.sections
    findings += noted.findings
    return noted.stub


class _Noted(Struct, gc=False):
    """How a value was split."""

    value: Json
    sections: dict[str, Json]
    findings: list[Finding]
    stub: Json = None


def _split(
    context: Context, value: Json, path: str, findings: list[Finding], sections: dict[str, Json], key: str = ""
) -> Json:
    try:
        found = context.splits.split(value, key)
    except ValueError as wrong:
        findings.append(Finding("SECTION_SHAPE", path, f"this cannot be kept in sections: {wrong}"))
        return value
    if found is None:
        return value
    sections.update(found.sections)
    return found.stub


def unfolded(
    context: Context, shape: Shape, properties: Mapping[str, Json], names: Collection[str]
) -> Mapping[str, Json]:
    """Stored properties, those of these API names whole. Raises `Unread`."""
    if not shape.documents or not names:
        return properties
    large = (field for field, split in shape.documents.items() if split is not None)
    fields = [field for field in large if field in properties and shape.names[field] in names]
    return {**properties, **{field: whole(context, properties[field]) for field in fields}} if fields else properties
