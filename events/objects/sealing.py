"""Personal values: what closes and opens them while a command is decided. Deciders see values, events hold closed ones.

A closed value is `{kid, nonce, ct}`, with `token` beside them where others must be able to find an equal one. `kid` names
the data key, or two keys joined by `+` that are needed together: the object's own, and that of the person it is about.

NOTE stored format: `security.sealed` pins the three, `token` is what `Seals.token` makes of the value.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

from events.findings import Finding, Refused
from events.names import Key

Json = Any
Closed = dict[str, str]
PURGED: Final[Json] = {"_purged": True}
"""What is read where the key was destroyed."""
SEALED: Final[Json] = {"_sealed": True}
"""What is read by those who have no keys."""

_KID: Final = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}(\+[0-9a-f]{32}-[0-9a-f]{16})*")


class Seals(Protocol):
    """Data keys at work; none is ever shown. Whoever decides brings it."""

    def sealed(self, owners: Sequence[str], entity: Key, path: str, value: Json) -> Closed:
        """`value`, closed for this place under the keys of all `owners` (tokens); a key that is not there is made.

        What is equal there is closed alike.
        """

    def opened(self, closed: Closed, entity: Key, path: str) -> Json:
        """The value that was closed for this place; `PURGED` where a key is gone."""

    def document_key(self, owners: Sequence[str], entity: Key, path: str) -> str:
        """The key of the encrypted document at this place under the keys of all `owners`: 64 hexadecimal digits.

        It is always the same there, and must stand in what is closed alone.
        """

    def token(self, *parts: Json) -> str:
        """32 hexadecimal digits that are the same for the same parts, and say nothing of them without the store's key."""

    def kids(self, owner: str) -> list[str]:
        """The keys that an owner has."""


class NoSeals:
    """For those who decide without a key store: personal values are refused."""

    def sealed(self, _owners: Sequence[str], _entity: Key, _path: str, _value: Json) -> Closed:
        raise self._refused()

    def opened(self, _closed: Closed, _entity: Key, _path: str) -> Json:
        raise self._refused()

    def document_key(self, _owners: Sequence[str], _entity: Key, _path: str) -> str:
        raise self._refused()

    def token(self, *_parts: Json) -> str:
        raise self._refused()

    def kids(self, _owner: str) -> list[str]:
        return []

    def _refused(self) -> Refused:
        text = "this part of OMS has no key store, so it neither writes nor reads encrypted values"
        return Refused([Finding("KEYS_NONE", "", text)])


NO_SEALS: Final[Seals] = NoSeals()


def untold(value: Json) -> bool:
    """Whether a value is closed without a token: nobody finds an equal one."""
    return type(value) is dict and "token" not in value


def is_closed(value: Json) -> bool:
    """Whether it has the form of a closed value; of an encrypted property it then is one."""
    if type(value) is not dict or not {"kid", "nonce", "ct"} <= value.keys() <= {"kid", "nonce", "ct", "token"}:
        return False
    return type(value["kid"]) is str and _KID.fullmatch(value["kid"]) is not None
