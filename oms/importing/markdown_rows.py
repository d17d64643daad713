"""Rows of Markdown files: one for each metadata frame, its values as columns beside what it stands in.

@type, @line            what the frame says behind `@metadata:`, and where it begins
@text                   the plain text behind it, up to the next frame
@headings, @heading     the titles above it, outermost first; the last of them
@references <Type>      the keys of the objects of a type that the text refers to, each once: a list
@front                  what the front matter says; it is a row of its own, too
"""

import io
from collections.abc import Iterator
from typing import Any

from documents.frames import Section, read, sections
from oms.importing.line import Line


def markdown_rows(text: io.TextIOWrapper) -> Iterator[Line]:
    """Frames that cannot be read are faults, behind the others."""
    source = read(text.read())
    front = next((frame.values for frame in source.frames if frame.front), None)
    there = [section for section in sections(source) if section.frame is not None]
    for number, section in enumerate(there, 1):
        yield Line(number, _row(section, front))
    for number, wrong in enumerate(source.problems, len(there) + 1):
        yield Line(number, None, f"is no frame ({wrong.code}): line {wrong.line}, column {wrong.column}: {wrong.text}")


def _row(section: Section, front: dict[str, Any] | None) -> dict[str, Any]:
    frame = section.frame
    assert frame is not None, "what stands before the first frame is no row"
    row = {**frame.values, "@type": frame.type, "@line": frame.place.line, "@text": section.text}
    row |= {"@headings": list(section.headings), "@heading": section.headings[-1] if section.headings else None}
    if front is not None:
        row["@front"] = front
    for each in section.references:
        keys = row.setdefault(f"@references {each.type}", [])
        if each.key not in keys:
            keys.append(each.key)
    return row
