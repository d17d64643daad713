"""Vectors without a model: texts with the same pieces of words are alike. For where no model runs; it knows no meaning."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final
from unicodedata import normalize

import numpy as np

from projectors.embedding.provider import Answer, Limits, Purpose, Space

DIMENSIONS: Final = 512
_LENGTHS: Final = (2, 3, 4)  # characters of a piece


class NgramsProvider:
    space = Space("ngrams-1", DIMENSIONS)
    limits = Limits(inputs=256, tokens=1_000_000, requests=1)
    price = 0.0

    def __init__(
        self, name: str, _model: str = "", _dimensions: int = 0, _options: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name

    async def embed(self, texts: Sequence[str], _purpose: Purpose) -> Answer:
        return Answer(np.stack([_vector(text) for text in texts]))

    async def close(self) -> None:
        """Nothing is held."""


def _vector(text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for word in normalize("NFC", text).casefold().split():
        edged = f" {word} "
        for length in _LENGTHS:
            for at in range(len(edged) - length + 1):
                number = int.from_bytes(blake2b(edged[at : at + length].encode(), digest_size=8).digest())
                vector[number % DIMENSIONS] += 1.0 if number >> 63 else -1.0
    if not vector.any():
        vector[0] = 1.0
    return vector
