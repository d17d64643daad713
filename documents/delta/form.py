"""The forms in which a document is kept; the smallest one by measure is taken. Each reads back to the same bytes."""

import hashlib
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from documents.delta import frames, patches
from documents.delta.frames import Samples

LONGEST_PATCHED = 64 * 1024
"""Bytes of a document beyond which no JSON Patch is tried: it would cost more time than it saves bytes."""


class Form(IntEnum):  # NOTE stored: numbers are added, never changed
    WHOLE = 0  # the document
    COMPRESSED = 1  # the document, against samples
    BINARY = 2  # a zstd frame that points into the base
    PATCH = 3  # a JSON Patch of the base
    PACKED_PATCH = 4  # a JSON Patch of the base, against samples

    @property
    def needs_base(self) -> bool:
        return self >= Form.BINARY


class Corrupt(ValueError):
    """What is kept of a document does not read back to it."""


class Delta(NamedTuple):
    form: Form
    data: bytes
    checksum: bytes  # of the document


def checksum(document: bytes) -> bytes:
    """Four bytes of BLAKE2b, a tenth of a small delta: what was changed by chance passes once in four billion times."""
    return hashlib.blake2b(document, digest_size=4).digest()


def packed(document: bytes, base: bytes | None, samples: Samples) -> Delta:
    """A JSON document in its smallest form; with a base that is a delta, unless the document alone is smaller."""
    form, data = min(_forms(document, base, samples), key=lambda one: len(one[1]))
    return Delta(form, data, checksum(document))


def unpacked(delta: Delta, base: bytes | None, samples: Samples) -> bytes:
    """The document; `base` for forms that need one. Raises `Corrupt`."""
    form, data, expected = delta
    try:
        document = _document(form, data, base or b"", samples)
    except ValueError as error:
        raise Corrupt(f"it cannot be read: {error}") from error
    if checksum(document) != expected:
        raise Corrupt("its checksum is another one")
    return document


def _document(form: Form, data: bytes, base: bytes, samples: Samples) -> bytes:
    match form:
        case Form.WHOLE:
            return data
        case Form.COMPRESSED:
            return samples.decompressed(data)
        case Form.BINARY:
            return frames.patched(base, data)
        case Form.PATCH:
            return patches.patched(base, data)
        case Form.PACKED_PATCH:
            return patches.patched(base, samples.decompressed(data))


def _forms(document: bytes, base: bytes | None, samples: Samples) -> Iterator[tuple[Form, bytes]]:
    if base is None:
        yield Form.WHOLE, document
        yield Form.COMPRESSED, samples.compressed(document)
        return
    binary = frames.difference(base, document)
    yield Form.BINARY, binary
    if len(binary) > len(document) // 2:  # nothing in common: a chain may begin anew
        yield Form.WHOLE, document
        yield Form.COMPRESSED, samples.compressed(document)
    if len(document) <= LONGEST_PATCHED:
        yield from _patches(document, base, samples)


def _patches(document: bytes, base: bytes, samples: Samples) -> Iterator[tuple[Form, bytes]]:
    """Only if they lead to the same bytes: a patch keeps no order of names."""
    patch = patches.patch(base, document)
    if patches.patched(base, patch) == document:
        yield Form.PATCH, patch
        yield Form.PACKED_PATCH, samples.compressed(patch)
