"""Authors as one line that carries its own proof.

    김하나 (u-17) [service] [delegated|on_behalf_of:bob@desk|reason:휴가]|verified|ts:2024-02-29T12:00:00Z|sig:MEUC…

Bars stand inside the brackets as well, so the line is read by its grammar and never split. What is said to be verified
has a signature, over the line without it and the id of its event: so it can be moved to no other event.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from security import jcs

_WORDS: Final = r"[^|\[\]\x00-\x1f\x7f-\x9f\u2028\u2029]"
_INSTANT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
_LINE: Final = re.compile(
    rf"(?P<name>{_WORDS}{{1,200}}) \((?P<id>{_WORDS}{{1,200}})\)(?P<service> \[service\])?"
    rf"(?: \[delegated\|on_behalf_of:(?P<on_behalf_of>{_WORDS}{{1,200}})\|reason:(?P<reason>{_WORDS}{{1,1000}})\])?"
    rf"(?P<verified>\|verified)?\|ts:(?P<time>{_INSTANT})(?:\|sig:(?P<signature>[A-Za-z0-9_-]{{1,2000}}))?"
)

Verify = Callable[[str, bytes, bytes], bool]
"""`verify(id, signed, signature)`: whether that author signed these bytes."""


class SecureAuthorRefused(ValueError):
    """A line that is none, or that claims what is not proven; `text` says what is wrong with it."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


class SecureAuthor(NamedTuple):
    """`signature` in base64url without padding; `verified` is a claim until `parsed` has checked it."""

    name: str
    id: str
    time: str  # RFC 3339
    service: bool = False
    on_behalf_of: str | None = None
    reason: str | None = None
    verified: bool = False
    signature: str | None = None

    def line(self) -> str:
        """The line. Raises `SecureAuthorRefused` for parts that no line could hold apart."""
        line = self._unsigned() + (f"|sig:{self.signature}" if self.signature else "")
        if _read(line) != self:
            raise SecureAuthorRefused(f"{line[:200]!a} would be read as somebody else")
        return line

    def signed(self, event: str) -> bytes:
        """What is signed: RFC 8785 JSON of the event's id and the line without its signature."""
        return jcs.text({"author": self._unsigned(), "event": event}).encode()

    def _unsigned(self) -> str:
        service = " [service]" if self.service else ""
        delegated = f" [delegated|on_behalf_of:{self.on_behalf_of}|reason:{self.reason}]" if self.on_behalf_of else ""
        return f"{self.name} ({self.id}){service}{delegated}{'|verified' * self.verified}|ts:{self.time}"


def parsed(line: str, event: str, verify: Verify) -> SecureAuthor:
    """Who a line says wrote the event with that id. Raises `SecureAuthorRefused`, too, where its proof is none."""
    author = _read(line)
    if author.signature is None:
        if author.verified:
            raise SecureAuthorRefused(f"{author.id} is said to be verified, and nothing is signed")
        return author
    try:
        signature = base64.urlsafe_b64decode(author.signature + "=" * (-len(author.signature) % 4))
    except binascii.Error:
        raise SecureAuthorRefused(f"the signature of {author.id} is no base64url") from None
    if not verify(author.id, author.signed(event), signature):
        raise SecureAuthorRefused(f"the signature of {author.id} is not one over event {event}")
    return author


def _read(line: str) -> SecureAuthor:
    match = _LINE.fullmatch(line)
    said = [] if match is None else [match[part] for part in ("name", "id", "on_behalf_of", "reason") if match[part]]
    if match is None or not all(map(_plain, said)):
        raise SecureAuthorRefused(f"{line[:200]!a} is no author: name (id) [service] [delegated|…]|verified|ts:…|sig:…")
    return SecureAuthor(
        name=match["name"],
        id=match["id"],
        time=match["time"],
        service=match["service"] is not None,
        on_behalf_of=match["on_behalf_of"],
        reason=match["reason"],
        verified=match["verified"] is not None,
        signature=match["signature"],
    )


def _plain(part: str) -> bool:
    """Nothing that cannot be seen or turns the text round, no blank at an end."""
    return part.isprintable() and part == part.strip()
