"""An audit as signed JSON Lines, for who trusts neither the file nor its way: Ed25519 over RFC 8785 JSON.

    {"position":1,"hash":"…","event":{…}}       the event's stored bytes, unchanged
    …
    {"ontology":"main","first":1,"last":9,"prevhash":"…","head":"…","digest":"…","key":"…","signature":"…"}

`digest` = SHA-256 of all bytes in front of the last line, which is signed without its `signature`. NOTE stored format:
it can gain members, never change.
"""

import base64
import binascii
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from security.chain import ChainBroken, link, verify
from security.signers import signed_bytes


class NotAsSigned(Exception):
    """What the file says is not what was signed: from which line on (from 1), and why."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


class Line(msgspec.Struct):
    """An event; `event` is its stored bytes."""

    position: int
    hash: str
    event: msgspec.Raw


class Seal(msgspec.Struct):
    """The last line: what the file holds. `prevhash` is the hash in front of `first`, `head` that of `last`."""

    ontology: str
    first: int
    last: int
    prevhash: str
    head: str
    digest: str
    key: str
    signature: str


_line: Final = msgspec.json.Decoder(Line).decode
_seal: Final = msgspec.json.Decoder(Seal).decode
_encode: Final = msgspec.json.Encoder().encode


class Signing:
    """Makes the lines of a file, from events that follow each other."""

    def __init__(self, ontology: str, after: int, prevhash: str) -> None:
        """`after` is the position in front of the first event, `prevhash` its hash."""
        self.ontology, self.first, self.prevhash = ontology, after + 1, prevhash
        self.last, self.head = after, prevhash
        self._digest = sha256()

    def line(self, position: int, body: bytes) -> bytes:
        """Of the next event. Raises `ChainBroken`."""
        self.head, self.last = verify([body], self.last, self.head), position
        made = b'{"position":%d,"hash":"%b","event":%b}\n' % (position, self.head.encode(), body)
        self._digest.update(made)
        return made

    def seal(self, key: Ed25519PrivateKey) -> bytes:
        """The last line."""
        said: dict[str, Any] = {
            "ontology": self.ontology,
            "first": self.first,
            "last": self.last,
            "prevhash": self.prevhash,
            "head": self.head,
            "digest": self._digest.hexdigest(),
            "key": as_text(key.public_key().public_bytes_raw()),
        }
        return _encode(said | {"signature": as_text(key.sign(signed_bytes(said)))}) + b"\n"


def checked(lines: Iterable[bytes], key: str = "") -> Seal:
    """What such a file holds. `key`: by whom it must be signed (base64url); else it is by whoever says so.

    Raises `NotAsSigned`.
    """
    digest, number = sha256(), 0
    held: Signing | None = None
    for number, text in enumerate(lines, 1):
        if text.startswith(b'{"ontology":'):
            seal = _sealed(text, number, key)
            if digest.hexdigest() != seal.digest or (held and _ends(held) != _ends(seal)):
                raise NotAsSigned(number, "the lines in front of it are not those that were signed")
            return seal
        digest.update(text)
        held = _followed(text, number, held)
    raise NotAsSigned(number + 1, "the line with the signature is missing: the file is cut off")


def as_text(raw: bytes) -> str:
    """Base64url, unpadded."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _followed(text: bytes, number: int, held: Signing | None) -> Signing:
    """One more line. Raises `NotAsSigned`."""
    try:
        line = _line(text)
        body = bytes(line.event)
        before = link(body)
        held = held or Signing("", line.position - 1, before.prevhash if before else "")
        if held.line(held.last + 1, body) != text:
            raise NotAsSigned(number, "the position or the hash beside the event is not that of the event")
    except (msgspec.DecodeError, ChainBroken) as error:
        raise NotAsSigned(number, str(error)) from error
    return held


def _ends(held: Signing | Seal) -> tuple[object, ...]:
    return held.first, held.last, held.prevhash, held.head


def _sealed(text: bytes, number: int, key: str) -> Seal:
    try:
        seal = _seal(text)
        said = {name: value for name, value in msgspec.json.decode(text).items() if name != "signature"}
        public = Ed25519PublicKey.from_public_bytes(_raw(seal.key))
        public.verify(_raw(seal.signature), signed_bytes(said))
    except (msgspec.DecodeError, InvalidSignature, binascii.Error, ValueError) as error:
        raise NotAsSigned(number, "its signature is not one over this line") from error
    if key and seal.key != key:
        raise NotAsSigned(number, f"it is signed with the key {seal.key}, not with {key}")
    return seal


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
