"""The formats by name: how a document is written, and how a text is read."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from schemas.exchange import foreign, foreign_linkml, linkml, rdf
from schemas.exchange.document import KINDS, Document, Exchanged, NoSchema, empty
from schemas.exchange.parsing import NoGraph, parsed
from schemas.exchange.shacl import shapes_of

Write = Callable[[Document], str]
WRITE: Final[Mapping[str, Write]] = {
    "json": lambda document: json.dumps(document, ensure_ascii=False, indent=2) + "\n",
    "turtle": lambda document: rdf.graph_of(document).serialize(format="turtle"),
    "jsonld": lambda document: rdf.graph_of(document).serialize(format="json-ld", indent=2) + "\n",
    "shacl": lambda document: shapes_of(document).serialize(format="turtle"),
    "linkml": linkml.text_of,
}
ENDS: Final[Mapping[str, str]] = {
    ".json": "json", ".ttl": "turtle", ".jsonld": "jsonld", ".yaml": "linkml", ".yml": "linkml",
    ".turtle": "turtle", ".linkml": "linkml", ".shacl": "shacl",
}  # fmt: skip
"""Which format the end of a file's name means."""


def read(text: str, form: str) -> Exchanged:
    """A text of ours says all of the document; of others what has a place in one. Raises `NoSchema`."""
    if form == "json":
        return _json(text)
    if form == "linkml":
        schema = linkml.loaded(text)
        ours = linkml.document_from(text)
        return Exchanged(ours) if any(ours.values()) else foreign_linkml.read(schema)
    try:
        graph = parsed(text, "json-ld" if form == "jsonld" else "turtle")
    except NoGraph as error:
        raise NoSchema(str(error)) from error
    ours = rdf.document_of(graph)
    return Exchanged(ours) if any(ours.values()) else foreign.read(graph)


def _json(text: str) -> Exchanged:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise NoSchema(f"is no JSON: {error}") from error
    if not isinstance(said, dict) or not said.keys() <= KINDS.keys():
        raise NoSchema(f"is no schema: it is a map of {', '.join(KINDS)}")
    return Exchanged(empty() | said)
