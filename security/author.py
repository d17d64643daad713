"""Authors: `<user>@<service>`. No blanks, brackets, bars or control characters, so that no name can look like more than it is."""

import re
from typing import Final, NamedTuple

_PART: Final = r"[^\s@|\[\]()\x00-\x1f\x7f-\x9f\u2028\u2029]{1,100}"
AUTHOR: Final = re.compile(rf"({_PART})@({_PART})")


class AuthorRefused(ValueError):
    """A text that is no author."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text[:200]!r} is no author; it is <user>@<service> without blanks, brackets or bars")


class Author(NamedTuple):
    user: str
    service: str


def parse(text: str) -> Author:
    """The parts of an author's short form. Raises `AuthorRefused`."""
    match = AUTHOR.fullmatch(text)
    if match is None:
        raise AuthorRefused(text)
    return Author(match[1], match[2])
