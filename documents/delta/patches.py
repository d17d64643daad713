"""Changes of a document as a JSON Patch (RFC 6902), and back; only the members that the RFC names are kept."""

from typing import Any, Final

import msgspec

from documents.diff import Change, applied, changes

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def patch(old: bytes, new: bytes) -> bytes:
    """The patch that makes `new` of `old`, both JSON, as JSON."""
    return _encode([_step(change) for change in changes(_decode(old), _decode(new))])


def patched(old: bytes, patch: bytes) -> bytes:
    """The document after the patch; its names come in the order in which they were added. Raises `ValueError`."""
    try:
        steps = [Change(step["op"], step["path"], None, step.get("value")) for step in _decode(patch)]
        return _encode(applied(_decode(old), steps))
    except (LookupError, TypeError, AttributeError, msgspec.DecodeError) as error:
        raise ValueError(f"the patch does not fit: {error}") from error


def _step(change: Change) -> dict[str, Any]:
    said = {"op": change.op, "path": change.path}
    return said if change.op == "remove" else said | {"value": change.new}
