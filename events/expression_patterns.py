"""Patterns of `matches`: linear in the text, whatever they say, but compiled again at each use; so that is what is counted."""

import re
from typing import Final

import cel

_PIECE: Final = re.compile(r"\\[pP]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|\{[0-9]+(?:,[0-9]*)?\}|.", re.DOTALL)
_WIDE: Final = re.compile(r"\\[pPwW]")
_WIDE_STEPS: Final = 2_600  # to build the table of all letters of Unicode, each time it stands in a pattern
_PIECE_STEPS: Final = 250


def fault(pattern: str) -> str:
    """Why it is no pattern, `""` if it is one."""
    try:
        cel.evaluate("''.matches(pattern)", {"pattern": pattern})
    except Exception as error:  # noqa: BLE001  the library raises what it likes
        return " ".join(str(error).partition("not a valid regex:")[2].partition(". Check ")[0].split())[-200:]
    return ""


def pattern_steps(pattern: str) -> int:
    """To compile a pattern: its pieces, as often as they are written or counted. A step is about 0.1 µs."""
    sums, last = [0], 0
    for piece in _PIECE.findall(pattern):
        if piece == "(":
            sums.append(0)
            continue
        if piece == ")" and len(sums) > 1:
            last = sums.pop()
        elif len(piece) > 1 and piece[0] == "{":
            last *= int(piece.strip("{}").rpartition(",")[2] or piece.strip("{}").rstrip(",")) - 1
        else:
            last = _WIDE_STEPS * len(_WIDE.findall(piece)) or _PIECE_STEPS
        sums[-1] += last
    return sum(sums)
