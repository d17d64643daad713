"""zstd frames as small as they get: without magic number, checksum and name of a dictionary.

What a document is compressed against is no trained dictionary: it is another document, or some that look like it.
"""

from collections.abc import Iterable
from typing import Final

import zstandard

LEVEL: Final = 9  # higher ones take ten times as long and save a hundredth more
SAMPLES_BYTES: Final = 16 * 1024  # more gains nothing
LARGEST: Final = 64 * 1024 * 1024  # bytes of a document; whoever says more is broken
_WORDS: Final = (
    b'[{"op":"remove","path":"/parents/[{"op":"add","path":"/properties/{"op":"replace","path":"/properties/'
    b'"value":null},"value":true},"value":false},"value":"0123456789'
)


class Samples:
    """Documents of a kind: what others of the kind, and changes of them, are compressed against.

    Kept by whoever keeps what was compressed: it is not read again without them.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._against = zstandard.ZstdCompressionDict(_WORDS + text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        self._decompressor = _decompressor(self._against)
        self._compressor: zstandard.ZstdCompressor | None = None

    @classmethod
    def of(cls, documents: Iterable[bytes]) -> "Samples":
        """As many of these as have room; the last ones are the cheapest to point at."""
        taken: list[bytes] = []
        room = SAMPLES_BYTES
        for document in documents:
            if len(document) <= room:
                taken.append(document)
                room -= len(document)
        return cls(b"".join(taken))

    def compressed(self, text: bytes) -> bytes:
        if self._compressor is None:  # whoever only reads needs none
            self._compressor = _compressor(self._against, SAMPLES_BYTES)
        return self._compressor.compress(text)

    def decompressed(self, frame: bytes) -> bytes:
        return _read(self._decompressor, frame)


def difference(old: bytes, new: bytes) -> bytes:
    """`new` as a frame that points into `old`."""
    return _compressor(_raw(old), len(new), len(old)).compress(new)


def patched(old: bytes, frame: bytes) -> bytes:
    """What `difference` was given as new."""
    return _read(_decompressor(_raw(old)), frame)


def _raw(text: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _compressor(
    against: zstandard.ZstdCompressionDict, size: int, old: int = SAMPLES_BYTES
) -> zstandard.ZstdCompressor:
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=size, dict_size=old, format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        write_content_size=1, write_checksum=0, write_dict_id=0,
    )  # fmt: skip
    return zstandard.ZstdCompressor(dict_data=against, compression_params=parameters)


def _decompressor(against: zstandard.ZstdCompressionDict) -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor(dict_data=against, format=zstandard.FORMAT_ZSTD1_MAGICLESS)


def _read(decompressor: zstandard.ZstdDecompressor, frame: bytes) -> bytes:
    """Raises `ValueError` for what is no frame."""
    try:
        said = zstandard.get_frame_parameters(frame, format=zstandard.FORMAT_ZSTD1_MAGICLESS)
        if said.content_size > LARGEST:  # it would be allocated before anything is read
            raise ValueError(f"a document of {said.content_size:,} bytes is said to follow")
        return decompressor.decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
