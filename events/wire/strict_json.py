"""JSON as strict as RFC 8259 allows: no key twice, no NaN, no lone surrogate, no nest too deep; never a surprise exception."""

import json
import re
from collections import Counter
from itertools import accumulate
from math import isfinite
from typing import Any, Final

import orjson

from events.findings import EnvelopeError

MAX_DEPTH: Final = 64

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))
_STEP: Final = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class _Flawed(Exception):
    """There is something to locate."""


class _Twice(dict[str, Any]):
    """An object in which `key` stood more than once."""

    key: str


def parse(body: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text in UTF-8. Raises `EnvelopeError` with the JSON Pointer of what is wrong."""
    if too_deep(body, max_depth):
        raise EnvelopeError("EVENT_TOO_DEEP", "", f"objects and arrays are nested more than {max_depth} deep")
    try:
        value = orjson.loads(body)
        if orjson.dumps(value) == body:  # written the way we write it: nothing can hide between the bytes and the value
            return value
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        pass
    return _slowly(body)


def too_deep(body: bytes, max_depth: int = MAX_DEPTH) -> bool:
    """Whether a text opens more than `max_depth` brackets at once. Linear in its length, whatever it holds."""
    if body.count(b"{") + body.count(b"[") <= max_depth:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return any(depth > max_depth for depth in accumulate(_STEP[bracket] for bracket in brackets))


def pointer(key: str) -> str:
    """One step of a JSON Pointer (RFC 6901), printable whatever the key holds."""
    return "/" + ascii(key[:64])[1:-1].replace("~", "~0").replace("/", "~1")


def _slowly(body: bytes) -> Any:
    try:
        return _decoded(body.decode())
    except UnicodeDecodeError as error:
        raise EnvelopeError("EVENT_NOT_JSON", "", f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise EnvelopeError("EVENT_NOT_JSON", "", f"{error.msg} at character {error.pos}") from None
    except EnvelopeError:
        raise
    except ValueError as error:  # Python's own limit on digits
        raise EnvelopeError("EVENT_NUMBER", "", str(error)) from None


def _decoded(text: str) -> Any:
    """A walk through the value is dear: it is taken only where there is a flaw to locate, or may be a surrogate."""
    try:
        value = _PLAIN.decode(text)
    except _Flawed:
        value = _MARKED.decode(text)
    else:
        if "\\u" not in text:
            return value
    _walk(value, ())
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Flawed
    return found


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    twice.key = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return twice


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _Flawed
    return number


def _no_constant(text: str) -> None:
    raise EnvelopeError("EVENT_NUMBER", "", f"{text} is not a JSON number")


_PLAIN: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
_MARKED: Final = json.JSONDecoder(object_pairs_hook=_marked, parse_constant=_no_constant)


def _walk(value: Any, path: tuple[str | int, ...]) -> None:
    match value:
        case str():
            _no_surrogate(value, path)
        case float():
            if not isfinite(value):
                raise EnvelopeError("EVENT_NUMBER", _joined(path), "the number is too large for a double")
        case list():
            for index, item in enumerate(value):
                _walk(item, (*path, index))
        case dict():
            if isinstance(value, _Twice):
                raise EnvelopeError("EVENT_DUPLICATE_KEY", _joined((*path, value.key)), "the key stands here twice")
            for key, item in value.items():
                _no_surrogate(key, path)
                _walk(item, (*path, key))


def _no_surrogate(text: str, path: tuple[str | int, ...]) -> None:
    if not text.isascii() and _SURROGATE.search(text):
        raise EnvelopeError("EVENT_SURROGATE", _joined(path), "a lone surrogate is no character")


def _joined(path: tuple[str | int, ...]) -> str:
    return "".join(pointer(str(step)) for step in path)
