"""The tokens of a CESQL expression, each with the place where it stands.

Beyond CESQL 1.0 a name may lead into an event's data: `data.properties.gate`. No valid expression is read otherwise.
"""

import re
from typing import Final, NamedTuple

MAX_TEXT: Final = 2_000  # characters
KEYWORDS: Final = frozenset(("AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE", "FALSE"))

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
    |(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    |(?P<path>data(?:\.\w+)+)
    |(?P<word>[A-Za-z0-9]+(?:_[A-Za-z_]*)?)
    |(?P<mark><=|>=|<>|!=|[-+*/%=<>(),])""",
    re.VERBOSE | re.DOTALL,
)


class NotCesql(ValueError):
    """`kind` is an error type of CESQL (`parse`, `missingFunction`); `at` is a character, from 1 on."""

    def __init__(self, kind: str, at: int, why: str) -> None:
        self.kind, self.at, self.why = kind, at, why
        super().__init__(f"character {at}: {why}")


class Token(NamedTuple):
    """`kind` is `text`, `number`, `name`, `mark` or `end`; a keyword is a mark in capitals. `at` counts from 1."""

    kind: str
    value: str
    at: int


def tokens(expression: str) -> list[Token]:
    """All of them, and an `end`. Raises `NotCesql`."""
    if len(expression) > MAX_TEXT:
        raise NotCesql("parse", MAX_TEXT, f"it has {len(expression):,} characters, at most {MAX_TEXT:,} are taken")
    found: list[Token] = []
    at = 0
    while at < len(expression):
        matched = _TOKEN.match(expression, at)
        if matched is None:
            raise NotCesql("parse", at + 1, _unreadable(expression[at]))
        if matched.lastgroup != "blank":
            found.append(_token(matched.lastgroup or "", matched.group(), at + 1))
        at = matched.end()
    return [*found, Token("end", "the end", len(expression) + 1)]


def _token(group: str, value: str, at: int) -> Token:
    if group == "text":
        quote = value[0]
        return Token("text", value[1:-1].replace("\\" + quote, quote), at)
    if group == "path":
        return Token("name", value, at)
    if group == "word" and value.isdigit():
        return Token("number", value, at)
    if group == "word" and value.upper() not in KEYWORDS:
        return Token("name", value, at)
    return Token("mark", value.upper(), at)


def _unreadable(character: str) -> str:
    if character in "'\"":
        return f"the text that begins with {character} does not end"
    return f"{character!r} begins nothing that an expression holds"
