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
        if context.splits.section(value) is None:
            if shape.documents[field] and not encrypted:
                given.values[field] = _split(context, value, path, given.findings, sections)
            continue
        if shape.documents[field] is None:
            text = f"{shape.names[field]} keeps no sections; make it unfoldable first (SetUnfoldable)"
            given.findings.append(Finding("PROPERTY_UNFOLDABLE", path, text))
        place = _moved if context.planned else _sent
        given.values[field] = place(context, value, path, given.findings, sections, encrypted=encrypted)
    return replace(given, sections=sections) if sections else given


def _sent(
    context: Context, value: Json, path: str, findings: list[Finding], sections: dict[str, Json], *, encrypted: bool
) -> Json:
    """What becomes of a value that is given by a stub; `sections` get those that are not stored, what is wrong is a finding."""
    if context.splits.key(value):
        findings.append(Finding("SECTION_SHAPE", path, "a stub that is given holds no key; give the value itself"))
    sent = uploaded(context, context.splits.section(value) or "", path, findings)
    if encrypted:
        return value if findings else whole(context, value, sent)
    sections |= sent
    return value


def _moved(
    context: Context, value: Json, path: str, findings: list[Finding], sections: dict[str, Json], *, encrypted: bool
) -> Json:
    """As `_sent`, given by a migration: with its key, and where it is to be encrypted it is split anew with its object."""
    if context.splits.key(value):
        return value if encrypted else _anew(context, value, findings, sections, "")
    if not encrypted:
        return _sent(context, value, path, findings, sections, encrypted=False)
    sent = uploaded(context, context.splits.section(value) or "", path, findings)
    return whole(context, value, sent) if sent and not findings else value


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

    What is kept in sections otherwise than its property is from now on, sealed or in plain, is split anew.
    `whole_values`: all that the object has from now on, which says whose keys it needs. Raises `Refused`, `Unread`.
    """
    stored, sections = dict(values), dict[str, Json]()
    findings: list[Finding] = []
    for field, unfoldable in shape.documents.items():
        value, personal = values.get(field), shape.personal
        there = context.splits.section(value) is not None
        closes = personal is not None and personal.closes(field)
        if value is None or (bool(context.splits.key(value)) == closes if there else not (closes and unfoldable)):
            continue
        key = ""
        if personal is not None and closes:
            key = _document_key(context, personal, entity, field, whole_values)
        if there:
            stored[field] = _anew(context, value, findings, sections, key)
        else:
            stored[field] = _split_once(context, value, entity, field, findings, sections, key)
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
        if not shape.personal.closes(field):
            continue  # it is on its way to be kept in plain, and so is what is given
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


def _anew(context: Context, value: Json, findings: list[Finding], sections: dict[str, Json], key: str) -> Json:
    """What a stub stands for, split again: sealed under a key, or in plain without one. Once, however often it is decided.

    Raises `Unread`.
    """
    at = "anew", context.splits.section(value), key
    noted = context.notes.get(at)
    if noted is None:
        plain = whole(context, value)
        noted = context.notes[at] = _Noted(value, {}, [])
        noted.stub = _split(context, plain, "", noted.findings, noted.sections, key)
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
