"""Large values of an object: split into sections where they are given, and put together where a patch needs them whole."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from events.decider import Context
from events.findings import Finding
from events.objects.given import Given
from events.objects.section import uploaded, whole
from events.schema.shape import Shape
from events.schema.values import Json, pointer


def in_sections(context: Context, shape: Shape, given: Given) -> Given:
    """`given` with stubs in place of large values, and the sections that these need. Raises `Unread`."""
    sections: dict[str, Json] = {}
    for field in shape.documents.keys() & given.values.keys():
        value, path = given.values[field], given.path + pointer(shape.names[field])
        root = context.splits.section(value)
        if root is not None:
            if shape.documents[field] is None:
                text = f"{shape.names[field]} keeps no sections; make it unfoldable first (SetUnfoldable)"
                given.findings.append(Finding("PROPERTY_UNFOLDABLE", path, text))
            sections |= uploaded(context, root, path, given.findings)
        elif shape.documents[field]:
            given.values[field] = _split(context, value, path, given.findings, sections)
    return replace(given, sections=sections) if sections else given


def _split(context: Context, value: Json, path: str, findings: list[Finding], sections: dict[str, Json]) -> Json:
    try:
        found = context.splits.split(value)
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
