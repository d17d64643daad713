"""The form of each attribute of an OMS event, beyond what CloudEvents asks. Frozen: stored facts hold them."""

import re
from functools import lru_cache
from typing import Final

from events.findings import EnvelopeError
from events.names import BRANCH, ONTOLOGY
from events.wire.attributes import SPEC_VERSION, Attribute
from events.wire.commit_message import from_attribute
from events.wire.instants import is_written_form
from events.wire.strict_json import pointer

DATA_TYPE: Final = "application/json"
SCHEMA_PREFIX: Final = "urn:oms:schema:"  # before the event's type: its `dataschema`
MAX_COMMIT_SIZE: Final = 100_000

_INTEGERS: Final = ("commitindex", "commitsize")
_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_UUID7: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ID_SEQUENCE_HASHES: Final = re.compile(rf"{_UUID7} [0-9]{{20}} [0-9a-f]{{64}} [0-9a-f]{{64}}")
SUBJECT_START: Final = re.compile(r"[a-zA-Z]+/.", re.DOTALL)
_SOURCE: Final = re.compile(rf"/oms/{ONTOLOGY.pattern}/[a-z0-9]+/[a-z0-9-]+")
_TYPE: Final = re.compile(r"io\.oms\.[a-z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*\.v[1-9][0-9]{0,3}")
_SHA256: Final = (re.compile(r"[0-9a-f]{64}"), "a SHA-256 in lower-case hex")
_FORMS: Final = {
    "id": (re.compile(_UUID7), "a UUIDv7 in lower case"),
    "source": (_SOURCE, "/oms/<ontology>/<env>/<service>"),
    "type": (_TYPE, "io.oms.<aggregate>.<pastTense>.v<n>"),
    "subject": (re.compile(SUBJECT_START.pattern + ".*", re.DOTALL), "<aggregate>/<id>"),
    "datacontenttype": (re.compile(re.escape(DATA_TYPE)), DATA_TYPE),
    "sequence": (re.compile(r"[0-9]{20}"), "a position in 20 digits"),
    "branch": (BRANCH, "<env>/<service>/<purpose>"),
    "commitid": _SHA256,
    "prevhash": _SHA256,
}


def formed(name: str, value: Attribute) -> Attribute:
    """The value in its type; a commit's numbers may come as text, as binary mode has them. Raises `EnvelopeError`."""
    if name in _INTEGERS:
        return _integer(name, value)
    if not isinstance(value, str):
        raise EnvelopeError("EVENT_ATTRIBUTE_TYPE", pointer(name), f"{name} must be a string")
    if not value:
        raise EnvelopeError("EVENT_ATTRIBUTE_EMPTY", pointer(name), f"{name} must not be empty")
    if name in ("time", "effectivetime") and not is_written_form(value):
        raise EnvelopeError("EVENT_FORM", pointer(name), f"{value[:64]!a} is not YYYY-MM-DDTHH:MM:SS.ffffffZ")
    if name in _FORMS and not _FORMS[name][0].fullmatch(value):
        raise EnvelopeError("EVENT_FORM", pointer(name), f"{value[:64]!a} is not {_FORMS[name][1]}")
    if name == "commitmessage" and not is_message(value):
        raise EnvelopeError("EVENT_FORM", pointer(name), f"{value[:64]!a} is not percent-encoded UTF-8")
    return value


def _integer(name: str, value: Attribute) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise EnvelopeError("EVENT_ATTRIBUTE_TYPE", pointer(name), f"{name} must be an integer")


def is_message(value: str) -> bool:
    """Whether it is what `commit_message.to_attribute` may write of a message."""
    try:
        return bool(from_attribute(value))
    except ValueError:
        return False


@lru_cache(4096)
def is_kind(specversion: str, type_: str, datacontenttype: str, dataschema: str) -> bool:
    """`formed` for four attributes at once, fast and without reasons."""
    known = specversion == SPEC_VERSION and datacontenttype == DATA_TYPE
    return known and _TYPE.fullmatch(type_) is not None and dataschema == SCHEMA_PREFIX + type_


@lru_cache(4096)
def is_origin(source: str, branch: str) -> bool:
    """`formed` for both at once, fast and without reasons."""
    return _SOURCE.fullmatch(source) is not None and BRANCH.fullmatch(branch) is not None
