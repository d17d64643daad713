"""What the text of a CEL expression says before anything is evaluated: what it names, and how much work it may be.

CEL's library shows no syntax tree, so tokens are read here: as much of them as names, members and nesting need.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

Members = dict[str, set[str] | None]
"""Of each name, which of its members are named by a literal (`old.a`, `old['a']`, `'a' in old`); `None` = the whole is used."""

_POWERS: Final = {"all": 1, "exists": 1, "exists_one": 1, "map": 2, "filter": 2}
"""Comprehensions, and to which power of a list's length they work: what makes a list copies it at each step."""

_TOKEN: Final = re.compile(
    r"""(?P<text>[bB]?[rR][bB]?(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|"[^"]*"|'[^']*')
        |[bB]?(?:\"\"\"(?:\\[\s\S]|[^\\])*?\"\"\"|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
    |(?P<comment>//[^\n]*)
    |(?P<number>[0-9][A-Za-z0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<mark>\S)""",
    re.VERBOSE,
)
_WORDS: Final = frozenset(("true", "false", "null", "in"))


class Token(NamedTuple):
    kind: str  # `text` (a literal, whatever its quotes), `name` or `mark`
    text: str
    start: int


class Work(NamedTuple):
    """What the work of an evaluation grows with. A step is about 0.1 µs."""

    nesting: int  # comprehensions in one another, at most
    power: int  # of the longest list
    comprehensions: int
    literals: int  # commas: at least the items of the longest list that is written down
    sums: int  # `+`, which makes lists and texts longer
    matches: int

    def steps(self, longest: int, size: int) -> int:
        """At most, for values of `size` bytes in which the longest list or map has that many items."""
        grown = 1 + self.sums
        walks = self.comprehensions * int((max(longest, self.literals + 1) * grown) ** self.power)
        matches = self.matches * max(walks, 1) * 10
        return (100 + walks + matches) * (1 + size * grown // 4_096)


def tokens(text: str) -> list[Token]:
    found = ((one.lastgroup or "", one.group(), one.start()) for one in _TOKEN.finditer(text))
    return [Token(*one) for one in found if one[0] != "comment"]


def names(read: Sequence[Token]) -> set[str]:
    """The variables an expression uses, without those that its comprehensions bind."""
    return {each.text for at, each in enumerate(read) if _is_variable(read, at)} - bound(read)


def bound(read: Sequence[Token]) -> set[str]:
    """What its comprehensions call the item that they look at."""
    return {read[at + 3].text for at in _comprehensions(read)}


def members(read: Sequence[Token]) -> Members:
    found: Members = {}
    used = names(read)
    for at, each in enumerate(read):
        if each.text in used and _is_variable(read, at):
            member, known = _member(read, at), found.get(each.text, set())
            found[each.text] = None if member is None or known is None else known | {member}
    return found


def paths(read: Sequence[Token]) -> list[list[str]]:
    """The variables an expression uses, each with the members behind it that are named by literals."""
    return [_path(read, at) for at in range(len(read)) if _is_variable(read, at)]


def patterns(read: Sequence[Token]) -> list[str | None]:
    """What is given to `matches`; `None` where it is no literal."""
    calls = [at for at, each in enumerate(read) if each.text == "matches" and _text(read, at + 1) == "("]
    literal = (read[at + 2 :] for at in calls)
    return [_value(rest[0]) if rest and rest[0].kind == "text" and _text(rest, 1) == ")" else None for rest in literal]


def work(read: Sequence[Token]) -> Work:
    opens = {at + 2: _POWERS[read[at + 1].text] for at in _comprehensions(read)}
    stack: list[int] = []
    nesting = power = 0
    for at, each in enumerate(read):
        if each.text == "(":
            stack.append(opens.get(at, 0))
            nesting, power = max(nesting, sum(map(bool, stack))), max(power, sum(stack))
        elif each.text == ")" and stack:
            stack.pop()
    marks = [each.text for each in read if each.kind == "mark"]
    return Work(nesting, power, len(opens), marks.count(","), marks.count("+"), len(patterns(read)))


def _comprehensions(read: Sequence[Token]) -> list[int]:
    """Where `.all(x,` and the like begin."""
    return [
        at
        for at in range(len(read) - 4)
        if read[at].text == "." and read[at + 1].text in _POWERS and [_text(read, at + 2), _text(read, at + 4)] == ["(", ","]
    ]  # fmt: skip


def _is_variable(read: Sequence[Token], at: int) -> bool:
    if read[at].kind != "name" or read[at].text in _WORDS:
        return False
    return _text(read, at + 1) != "(" and not (at > 0 and read[at - 1].text == ".")


def _path(read: Sequence[Token], at: int) -> list[str]:
    path = [read[at].text]
    while (member := _member(read, at)) is not None:
        path.append(member)
        at += 2 if _text(read, at + 1) == "." else 3
    return path


def _member(read: Sequence[Token], at: int) -> str | None:
    after = _text(read, at + 1)
    if after == "." and _text(read, at + 3) != "(" and at + 2 < len(read):
        return read[at + 2].text
    if after == "[" and _text(read, at + 3) == "]" and read[at + 2].kind == "text":
        return _value(read[at + 2])
    if after not in (".", "[") and at > 1 and read[at - 1].text == "in" and read[at - 2].kind == "text":
        return _value(read[at - 2])  # 'a' in old
    return None


def _text(read: Sequence[Token], at: int) -> str:
    return read[at].text if at < len(read) else ""


def _value(literal: Token) -> str | None:
    import cel  # as in `expressions`

    value = cel.evaluate(literal.text)
    return value if isinstance(value, str) else None
