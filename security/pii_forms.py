"""What the finders of personal data share: a hit, what may stand beside one, and the words that say what a number is."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

Kind = Literal["email", "phone", "rrn", "card", "iban", "ip", "passport"]
NEAR: Final = 40  # characters before and behind in which a word says what a number is

# behind the first character of a form, so that the engine can look for that one first
BEGINS: Final = r"(?<![0-9A-Za-z._+].)(?<![0-9A-Za-z]-.)"
ENDS: Final = r"(?![0-9A-Za-z_]|[-.][0-9])"


class Hit(NamedTuple):
    kind: Kind
    start: int
    end: int


Find = Callable[[str, str], Iterator[Hit]]
"""Text and name of its property, to what is found."""


def says(words: re.Pattern[str], text: str, match: re.Match[str], name: str) -> bool:
    """Whether such a word stands near, or in the name of the property."""
    near = f"{text[max(0, match.start() - NEAR) : match.start()]} {text[match.end() : match.end() + NEAR]}"
    return words.search(near.lower()) is not None or words.search(_words(name)) is not None


@lru_cache(1024)
def _words(name: str) -> str:
    """`creditCardNo` as `credit card no`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()
