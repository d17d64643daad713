"""What a filter looks at: the attributes of an event, and what its data says, read when somebody asks.

`type`, `branch`, `commitsize` …        an attribute
`data.properties.gate`                  a member of its data, by the names on the way
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from events.wire.envelope import Event

Scalar = str | int | bool
Read = Callable[["Candidate"], Scalar | None]
"""`None` where there is nothing."""

ATTRIBUTE: Final = re.compile(r"[a-z0-9]{1,20}")
DATA: Final = "data"
DATA_PATH: Final = re.compile(r"data(\.\w{1,100}){1,8}")
_ATTRIBUTES: Final = tuple(name for name in Event.__struct_fields__ if name != DATA)
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode
_LARGEST: Final = 2**31


class Candidate:
    """An event that may pass; `data` is its JSON."""

    __slots__ = ("_data", "_raw", "attributes")

    def __init__(self, attributes: Mapping[str, Scalar], data: bytes = b"") -> None:
        self.attributes, self._raw = attributes, data
        self._data: Any = None

    @staticmethod
    def of(event: Event) -> "Candidate":
        present = {name: value for name in _ATTRIBUTES if (value := getattr(event, name)) is not None}
        return Candidate(present, bytes(event.data))

    @property
    def class_(self) -> str:
        """The slug of the object type that it is about, or whose object it is about; `""` where it is neither."""
        aggregate, _, rest = str(self.attributes.get("subject", "")).partition("/")
        if aggregate == "object":
            return rest.partition("/")[0]
        slug = self.data.get("slug") if aggregate == "objectType" and type(self.data) is dict else None
        return slug if type(slug) is str else ""

    @property
    def data(self) -> Any:
        if self._raw:
            try:
                self._data = _decode(self._raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._data = None
            self._raw = b""
        return self._data


def readable(name: str) -> bool:
    """Whether it is the name of an attribute or a path into data."""
    return ATTRIBUTE.fullmatch(name) is not None or DATA_PATH.fullmatch(name) is not None


def read(name: str) -> Read:
    """What an event says under that name; of data, lists and maps as JSON."""
    if "." not in name:
        return lambda candidate: candidate.attributes.get(name)
    path = name.split(".")[1:]

    def member(candidate: Candidate) -> Scalar | None:
        value = candidate.data
        for step in path:
            if type(value) is not dict:
                return None
            value = value.get(step)
        return _scalar(value)

    return member


def text(value: Scalar) -> str:
    """As CloudEvents write it."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    return str(value)


def _scalar(value: Any) -> Scalar | None:
    """JSON as one of CESQL's three types: what is none of them is its text."""
    match value:
        case None | str() | bool():
            return value
        case int() if -_LARGEST <= value < _LARGEST:
            return value
        case _:
            return _encode(value).decode()
