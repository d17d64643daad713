"""Authors: `<user>@<service>`, e.g. `alice@flights`; both are opaque ids, names are looked up.

No blanks, brackets, bars, control or invisible characters, so that no name can look like more than it is.
"""

import re
from typing import Final, NamedTuple

_PART: Final = r"[^\s@|\[\](){}<>\"\\]{1,100}"
AUTHOR: Final = re.compile(rf"({_PART})@({_PART})")


class AuthorRefused(ValueError):
    """A text that is no author."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text[:200]!a} is no author; it is <user>@<service>, at most 100 characters each, without blanks, brackets, quotes, bars, control or invisible characters"
        )


class Author(NamedTuple):
    user: str
    service: str


def parse(text: str) -> Author:
    """The parts of an author's short form. Raises `AuthorRefused`."""
    match = AUTHOR.fullmatch(text)
    if match is None or not text.isprintable():  # controls, surrogates, unassigned, invisible and reordering ones
        raise AuthorRefused(text)
    return Author(match[1], match[2])
