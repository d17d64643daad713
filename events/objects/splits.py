"""Who splits large values into sections and puts them together: a port, so that deciding needs to know no form of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

Json = Any


def is_stub(value: Json) -> bool:
    """Whether it has the form of what stands in place of a value that is kept in sections (`documents.sections.Stub`)."""
    return type(value) is dict and value.keys() == {"_folded"} and type(value["_folded"]) is dict


class InSections(NamedTuple):
    """What is stored in place of a value, and the sections it needs by digest, each behind those that it names."""

    stub: Json
    sections: Mapping[str, Json]


class Splits(Protocol):
    """Whoever decides brings it."""

    def split(self, value: Json, key: str = "", /) -> InSections | None:
        """`None` where a value is small enough to stay where it is. Raises `ValueError` where it cannot be split.

        With a key (64 hexadecimal digits) sections are sealed under it, and the stub holds it.
        """

    def key(self, value: Json, /) -> str:
        """The key of an encrypted document, of a stored value that stands for one; else `""`."""

    def sealed(self, content: Json, /) -> bool:
        """Whether a section is one of an encrypted document."""

    def opened(self, content: Json, key: str, /) -> Json:
        """What is in a section, sealed or not. Raises `ValueError` where the key is another one's."""

    def section(self, value: Json, /) -> str | None:
        """The digest of the section that a stored value stands for; `None` where it is the value itself."""

    def size(self, value: Json, /) -> int:
        """Bytes of JSON of the value that a stored one stands for."""

    def digest(self, content: Json, /) -> str:
        """By which a section is called."""

    def named(self, content: Json, /) -> Iterable[str]:
        """The digests of the sections that a section names. Raises `ValueError` where it is no section."""

    def joined(self, value: Json, sections: Mapping[str, Json], /) -> Json:
        """The value that a stored one stands for. Raises `LookupError` where a section is missing."""


class _NoSplits:
    """For those who decide without one: a value stays where it is."""

    def split(self, _value: Json, _key: str = "", /) -> InSections | None:
        return None

    def key(self, _value: Json, /) -> str:
        return ""

    def sealed(self, _content: Json, /) -> bool:
        return False

    def opened(self, content: Json, _key: str, /) -> Json:
        return content

    def section(self, _value: Json, /) -> str | None:
        return None

    def size(self, _value: Json, /) -> int:
        return 0

    def digest(self, _content: Json, /) -> str:
        return ""

    def named(self, _content: Json, /) -> Iterable[str]:
        return ()

    def joined(self, value: Json, _sections: Mapping[str, Json], /) -> Json:
        return value


NO_SPLITS: Final[Splits] = _NoSplits()
