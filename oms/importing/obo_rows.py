"""Rows of OBO files: one for each stanza, its tags as columns. Streamed.

stanza    Term, Typedef or Instance          id    as written, `HP:0000001`
name, def, comment, is_obsolete …            what a stanza says once: a text
is_a, synonym, xref, alt_id, subset …        what it may say several times: a list, always
relationship part_of, property_value <p>     one column for each relation, a list
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import fastobo

from oms.importing.line import Bytes, FileRefused, Line

_ONCE: Final = frozenset(
    [
        "name",
        "namespace",
        "def",
        "comment",
        "is_anonymous",
        "is_obsolete",
        "builtin",
        "created_by",
        "creation_date",
        "domain",
        "range",
        "is_cyclic",
        "is_reflexive",
        "is_symmetric",
        "is_anti_symmetric",
        "is_asymmetric",
        "is_functional",
        "is_inverse_functional",
        "is_transitive",
        "is_class_level",
        "is_metadata_tag",
        "instance_of",
        "inverse_of",
    ]
)
_TEXTS: Final[dict[str, Callable[[Any], str]]] = {
    "def": lambda clause: str(clause.definition),
    "synonym": lambda clause: str(clause.synonym.desc),
    "name": lambda clause: str(clause.name),
}


def obo_rows(data: Bytes) -> Iterator[Line]:
    """Raises `FileRefused` where the file breaks the format."""
    try:
        for number, frame in enumerate(fastobo.iter(data), 1):
            yield Line(number, _row(frame))
    except SyntaxError as error:
        raise FileRefused(f"is no OBO: {error}") from error


def _row(frame: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"stanza": type(frame).__name__.removesuffix("Frame"), "id": str(frame.id)}
    for clause in frame:
        tag = clause.raw_tag()
        text = _TEXTS[tag](clause) if tag in _TEXTS else str(clause.raw_value())
        if tag in ("relationship", "property_value"):
            relation, _, text = text.partition(" ")
            tag = f"{tag} {relation}"
            text = text[1:].partition('"')[0] if text.startswith('"') else text
        if tag in _ONCE:
            row[tag] = text
        else:
            row.setdefault(tag, []).append(text)
    return row
