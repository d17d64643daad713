"""Objects and links as documents of the graph. Pure: a version and its type in, a document out.

{"@type": "Flight", "_key": "UA-1545", "status": "boarding", "_link_flownBy": ["Pilot/kim"], "_created_by": …}

An object that was deleted is still a document and says `_deleted`; one that was purged has no values any more. Encrypted
values stay closed: who has the key store opens them, and a key that is destroyed needs nothing to be written here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from events.decider import State
from events.names import Key
from events.objects.sealing import is_closed
from events.schema.values import NotAValue, check_of
from projectors.graph_classes import CHECKPOINT, CONSUMER, LIVE_CLASS, PARKED, RANGES, held
from projectors.graph_names import document_id, identifier, key_id, link_class, link_property, object_class
from projectors.versions import Version

VERSION: Final = 1
Document = dict[str, Any]
_ONCE: Final = ("json", "struct")
_canonical: Final = msgspec.json.Encoder(order="deterministic").encode


def object_document(version: Version, schema: State, leads: Mapping[str, Sequence[Key]]) -> Document:
    """`schema` with inherited properties; `leads`: by slug of each link type the objects that this one stands to."""
    state = version.state
    values = _values("", schema, state.get("properties") or {})
    links = {link_property(slug): sorted(map(document_id, ends)) for slug, ends in leads.items() if ends}
    return {
        "@type": object_class(state["slug"]),
        "_key": key_id(version.entity.split("/", 2)[2]),
        **_stamps(version),
        **values,
        **links,
    }


def link_document(version: Version, schema: State, ends: tuple[Key, Key]) -> Document:
    """`ends`: the objects that it goes from and to."""
    return {
        "@type": link_class(version.state["slug"]),
        "_key": key_id(version.entity.split("/", 2)[2]),
        "_from": document_id(ends[0]),
        "_to": document_id(ends[1]),
        **_stamps(version),
        **_values("Link_", schema, version.state.get("properties") or {}),
    }


def checkpoint(ontology: str, branch: str, seq: int, settled: int, epoch: int) -> Document:
    """What a branch holds, written with it."""
    return {
        "@type": CHECKPOINT,
        "consumer": CONSUMER,
        "stream": ontology,
        "branch": branch,
        "seq": seq,
        "settled": settled,
        "epoch": epoch,
        "version": VERSION,
    }


def parked(document: str, seq: int, reason: str) -> Document:
    """A document that the graph refused, and why."""
    return {"@type": PARKED, "key": key_id(document), "document": document, "seq": seq, "reason": reason}


def identity(document: Document) -> str:
    """The id that the graph gives a document of ours."""
    if document["@type"] in (CHECKPOINT, LIVE_CLASS):
        return f"{document['@type']}/{document['consumer']}"
    if document["@type"] == PARKED:
        return f"{PARKED}/{document['key']}"
    return f"{document['@type']}/{document['_key']}"


def _stamps(version: Version) -> Document:
    said = {"_since": version.since, **version.stamps}
    return {name: value for name, value in said.items() if value is not None}


def _values(prefix: str, schema: State, stored: Mapping[str, Any]) -> Document:
    declared: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
    placed: Document = {}
    lists: Document = {}
    other: Document = {}
    for field, value in stored.items():
        each = declared.get(field)
        if each is not None and each.get("removed"):
            continue
        found = None if each is None else _placed(prefix, schema, each, value)
        if found is None:
            if value is not None:
                other[field] = value
            continue
        placed[identifier(field)] = found
        if isinstance(found, list) and found != sorted(set(found)):
            lists[identifier(field)] = value
            placed[identifier(field)] = sorted(set(found))
    placed |= {"_lists": _text(lists)} if lists else {}
    return placed | ({"_other": _text(other)} if other else {})


def _placed(prefix: str, schema: State, declared: Mapping[str, Any], value: Any) -> Any:
    """The value as the class has it, `None` where it has no place for it."""
    of, several = held(prefix, schema["slug"], declared)
    if declared.get("marking") == "encrypt" or is_closed(value):
        return _text(value) if is_closed(value) and of == "xsd:string" and not several else None
    if several:
        one = {**declared, "array": False}
        items = [_placed(prefix, schema, one, item) for item in value] if isinstance(value, list) else [None]
        return None if None in items else items
    kind = declared["type"]
    if kind in _ONCE:
        return _text(value)
    try:
        fitting = check_of({"type": kind, "array": False, "values": declared.get("values")})(value)
    except NotAValue:
        return None
    return fitting if RANGES.get(kind) != "xsd:string" or isinstance(fitting, str) else None


def _text(value: Any) -> str:
    return _canonical(value).decode()
