r"""LIKE patterns: `%` is any text, `_` one character, `\%` and `\_` are themselves.

A pattern is cut at its `%`; the pieces are found one after the other, each as early as it can be. That is right, and its
work grows with the product of the lengths at most: no pattern keeps a filter busy.
"""

import re
from collections.abc import Callable
from typing import Final

Matches = Callable[[str], bool]

_PIECE: Final = re.compile(r"\\[%_]|.", re.DOTALL)


def like(pattern: str) -> Matches:
    """Whether the whole of a text is like the pattern."""
    pieces = _pieces(pattern)
    first, *middle, last = pieces if len(pieces) > 1 else [*pieces, []]
    if len(pieces) == 1:
        whole = _regex(first)
        return lambda text: whole.fullmatch(text) is not None
    if all(isinstance(each, str) for piece in pieces for each in piece) and not middle:
        return _ends(_literal(first), _literal(last))
    begin, inner, end = _regex(first), [_regex(piece) for piece in middle if piece], _regex(last)
    width = len(last)

    def matches(text: str) -> bool:
        found = begin.match(text)
        for each in inner:
            if found is None:
                return False
            found = each.search(text, found.end())
        if found is None:
            return False
        at = len(text) - width
        return at >= found.end() and end.fullmatch(text, at) is not None

    return matches


def _ends(begin: str, end: str) -> Matches:
    width = len(begin) + len(end)
    if not end:
        return lambda text: text.startswith(begin)
    if not begin:
        return lambda text: text.endswith(end)
    return lambda text: len(text) >= width and text.startswith(begin) and text.endswith(end)


def _pieces(pattern: str) -> list[list[str | None]]:
    """What stands between `%`: characters, and `None` for any one of them."""
    pieces: list[list[str | None]] = [[]]
    for each in _PIECE.findall(pattern):
        if each == "%":
            pieces.append([])
        else:
            pieces[-1].append(None if each == "_" else each[-1])
    return pieces


def _literal(piece: list[str | None]) -> str:
    return "".join(each for each in piece if each is not None)


def _regex(piece: list[str | None]) -> re.Pattern[str]:
    return re.compile("".join("." if each is None else re.escape(each) for each in piece), re.DOTALL)
