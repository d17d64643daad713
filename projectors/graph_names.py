"""Names of the graph: what branches, types, properties and objects are called where the ontology lies as a graph.

prod/flights/main       prod.flights.main         a branch: `/` would end it, and nothing in it needs encoding
Flight, 항공편           Flight, _ud56d__uacf5__ud3b8_   a class or a property: ASCII, as GraphQL wants it
object/Flight/UA:1      Flight/UA=3A1              a document: nothing in it that a server would encode once more

Types go by their slug and properties by their field, which never change: renaming one moves no data.
"""

import re
from typing import Final

from events.names import Key

_LINK: Final = "Link_"
_CODE: Final = re.compile(r"_u([0-9a-f]+)_")
_ESCAPED: Final = re.compile(r"_(?=u[0-9a-f]+_)|[^A-Za-z0-9_]", re.ASCII)
_KEY_ESCAPED: Final = re.compile(r"[^A-Za-z0-9._-]", re.ASCII)
_KEY_CODE: Final = re.compile(r"(?:=[0-9A-F]{2})+")


def branch_id(name: str) -> str:
    """What a branch is called in the graph."""
    return name.replace("/", ".")


def branch_name(identifier: str) -> str:
    """The inverse of `branch_id`."""
    return identifier.replace(".", "/")


def identifier(text: str) -> str:
    """A slug or a field, as a class or a property is called; no two have the same."""
    return _ESCAPED.sub(lambda found: f"_u{ord(found.group()):x}_", text)


def identified(name: str) -> str:
    """The inverse of `identifier`."""
    return _CODE.sub(lambda found: chr(int(found[1], 16)), name)


def key_id(key: str) -> str:
    """A key of an object, as it stands in a document's id."""
    return _KEY_ESCAPED.sub(lambda found: "".join(f"={byte:02X}" for byte in found.group().encode()), key)


def key_of(identifier: str) -> str:
    """The inverse of `key_id`."""
    return _KEY_CODE.sub(lambda found: bytes.fromhex(found.group().replace("=", "")).decode(), identifier)


def document_id(entity: Key) -> str:
    """The document of an object or a link."""
    kind, slug, key = entity.split("/", 2)
    return f"{object_class(slug) if kind == 'object' else link_class(slug)}/{key_id(key)}"


def entity_of(document: str) -> Key:
    """The inverse of `document_id`."""
    of, _, key = document.partition("/")
    if of.startswith(_LINK):
        return Key(f"link/{identified(of.removeprefix(_LINK))}/{key_of(key)}")
    return Key(f"object/{identified(of)}/{key_of(key)}")


def object_class(slug: str) -> str:
    """The class of a type's objects. No slug has an underscore, so no other class is called so."""
    return identifier(slug)


def link_class(slug: str) -> str:
    """The class of a link type's links, each a document that says who made it and what is known of it."""
    return f"{_LINK}{identifier(slug)}"


def enum_class(slug: str, field: str) -> str:
    """The class of what an enum may be."""
    return f"Enum_{identifier(slug)}_{identifier(field)}"


def link_property(slug: str) -> str:
    """The property of an object that leads to those it stands to. No property of a type begins with an underscore."""
    return f"_link_{identifier(slug)}"
