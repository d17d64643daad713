"""Texts into requests, as many to each as a provider takes."""

from collections.abc import Iterator, Sequence
from typing import Final

PER_ASCII: Final = 0.5  # tokens a character; English has 0.19 to 0.25, digits and code more
PER_OTHER: Final = 1.5  # Korean has 0.6 to 1.0, rare scripts more


def tokens_at_most(text: str) -> int:
    """A bound that holds for the usual vocabularies, without any of them."""
    ascii_ = sum(map(str.isascii, text)) if not text.isascii() else len(text)
    return int(ascii_ * PER_ASCII + (len(text) - ascii_) * PER_OTHER) + 2


def packs(texts: Sequence[str], inputs: int, tokens: int) -> Iterator[range]:
    """Ranges of texts in their order. One that is too large by itself goes alone: the provider has the last word."""
    start = held = 0
    for at, text in enumerate(texts):
        size = tokens_at_most(text)
        if at > start and (at - start >= inputs or held + size > tokens):
            yield range(start, at)
            start, held = at, 0
        held += size
    if start < len(texts):
        yield range(start, len(texts))
