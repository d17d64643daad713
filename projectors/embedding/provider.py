"""What a provider of vectors promises. Vectors of one space may be compared; of two spaces they say nothing to each other."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""A row for each text."""

Purpose = Literal["passage", "query"]
"""What a text is: something to be found, or what somebody looks for."""


class Space(NamedTuple):
    """`model` names the weights and how texts are put to them, whoever runs them."""

    model: str
    dimensions: int

    @property
    def name(self) -> str:
        return f"{self.model}/{self.dimensions}"


class Limits(NamedTuple):
    """What one request may hold, and how many may be under way. `tokens` are all its texts' together."""

    inputs: int
    tokens: int
    requests: int = 4


class Answer(NamedTuple):
    """`tokens` as the provider counted them; 0 if it does not say."""

    vectors: Vectors
    tokens: int = 0


class Provider(Protocol):
    """Adapters pass `tests/ports/test_providers.py` unchanged."""

    name: str
    space: Space
    limits: Limits
    price: float  # of a million tokens, in whatever currency its owner counts; 0 = nothing, or not said

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        """One request; none of the texts is empty. Raises `Later`, `TooMuch`, `Denied`."""

    async def close(self) -> None: ...


class Failed(Exception):
    """A provider did not answer with vectors."""

    def __init__(self, provider: str, text: str) -> None:
        self.provider, self.text = provider, text
        super().__init__(f"{provider}: {text}")


class Later(Failed):
    """It may answer when it is asked again: too many requests, a server that is away. `after` = seconds, if it said so."""

    def __init__(self, provider: str, text: str, after: float | None = None) -> None:
        self.after = after
        super().__init__(provider, text)


class TooMuch(Failed):
    """It does not take this request: too many texts, one that is too long, or one that it does not like."""


class Denied(Failed):
    """It will not answer as things are: no such model, a wrong key, vectors of another size."""


def failed(provider: str, status: int | None, text: str, after: str | None = None) -> Failed:
    """What an HTTP status means; `None` = no answer came. `after` is the header Retry-After, in seconds."""
    said = f"{status or 'no answer'}: {text}"[:_LONGEST]
    if status is None or status in _LATER or status >= _SERVER:
        return Later(provider, said, _seconds(after))
    return TooMuch(provider, said) if status in _TOO_MUCH else Denied(provider, said)


def _seconds(after: str | None) -> float | None:
    try:
        return None if after is None else max(0.0, float(after))
    except ValueError:  # a date: rare, and the usual wait does as well
        return None


_LONGEST: Final = 500  # characters of what a provider said
_LATER: Final = frozenset({408, 409, 425, 429})
_TOO_MUCH: Final = frozenset({400, 413, 422, 424})
_SERVER: Final = 500
