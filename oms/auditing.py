"""The audit out of the house: signed exports, and the key that signs them."""

import os
from collections.abc import Callable
from contextlib import aclosing
from errno import EEXIST
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oms.keys import keys_file
from oms.private_key import loaded, made
from oms.settings import Settings
from projectors.projector import Feed
from security.chain import genesis, link
from security.signed_lines import Seal, Signing, checked

KEY_FILE: Final = "audit.pem"


async def exported(
    settings: Settings, audit: Feed, first: int, until: int | None, into: Path, told: Callable[[int, str], None]
) -> Seal:
    """Write positions `first` … `until` into a new file, signed. It appears when it is whole.

    Raises `FileExistsError`, `SettingRefused` for a key that is none, and what the audit raises: `Gap`, `ChainBroken`.
    """
    key, part = signing_key(settings), _part(into)
    last = min(until or await audit.last(), await audit.last())
    try:
        with part.open("wb") as file:
            signing: Signing | None = None
            async with aclosing(audit.read(first - 1, last)) as chunks:
                async for chunk in chunks:
                    for position, _, body in chunk:
                        signing = signing or Signing(settings.ontology, position - 1, _before(settings, position, body))
                        file.write(signing.line(position, body))
                    told(chunk[-1].position, f" of {last:,}")
            file.write((signing or Signing(settings.ontology, first - 1, genesis(settings.ontology))).seal(key))
            file.flush()
            os.fsync(file.fileno())
        seal = examined(part)
        part.rename(into)
    finally:
        part.unlink(missing_ok=True)
    return seal


def examined(path: Path, key: str = "") -> Seal:
    """What a signed export holds. Raises `NotAsSigned`, `OSError`."""
    with path.open("rb") as file:
        return checked(file, key)


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """Beside the data keys, apart from everything that is backed up or exported; made with the first export."""
    path = keys_file(settings).with_name(KEY_FILE)
    if not path.exists():
        made(path)
    return loaded(path, "keys")


def _part(into: Path) -> Path:
    if into.exists():
        raise FileExistsError(EEXIST, "it is there already; name a new file", str(into))
    return into.with_name(into.name + ".part")


def _before(settings: Settings, position: int, body: bytes) -> str:
    """The hash in front of an event, as it says; in front of the first one it is known."""
    named = link(body)
    return genesis(settings.ontology) if position == 1 or named is None else named.prevhash
