"""Takes the time clauses off a query, token by token: the tokens that are left are plain SQL.

FROM users AS OF '2024-01-01' u JOIN routes BETWEEN 12 AND 40 r ON …
     ╰─ a reference ──────────╯      ╰─ a reference ─────────╯       in their place: FROM oms_0 u JOIN oms_1 r ON …

A clause stands behind a table's name or its alias. `AS OF`, `ALL_VERSIONS`, `BETWEEN` and `FOR … TIME` are clauses only
where a table is named, so a text, a column or a condition that looks like one stays what it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlglot
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from queries.sql.findings import refused
from queries.sql.times import Reader, begins, place_of, word
from queries.sql.when import Reference

PREFIX: Final = "oms_"
"""What stands for a reference begins so, or longer where the query itself has such a name."""

_QUERY: Final = {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.VALUES}
_AFTER_FROM: Final = {
    TokenType.SELECT, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY, TokenType.ORDER_BY,
    TokenType.LIMIT, TokenType.WINDOW, TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT,
}  # fmt: skip
_NO_NAME: Final = _QUERY | {TokenType.STRING, TokenType.NUMBER, TokenType.LATERAL, TokenType.UNNEST}


@dataclass(frozen=True, slots=True)
class Lifted:
    """`references` by what stands in their place among the `tokens`."""

    tokens: Sequence[Token]
    references: dict[str, Reference]


@dataclass(slots=True)
class _Level:
    """One pair of brackets: whether a query or a join is inside, and whether a table is named next."""

    query: bool
    tables: bool = False
    next: bool = False


@dataclass(slots=True)
class _Lifting:
    tokens: Sequence[Token]
    prefix: str
    left: list[Token] = field(default_factory=list)
    references: dict[str, Reference] = field(default_factory=dict)


def lifted(text: str) -> Lifted:
    """Raises `Refused` (SQL_SYNTAX, SQL_TIME)."""
    try:
        tokens = sqlglot.tokenize(text, read="duckdb")
    except TokenError as error:
        raise refused("SQL_SYNTAX", str(error).partition(". Context")[0]) from None
    lifting = _Lifting(tokens, unused(PREFIX, {token.text.casefold() for token in tokens}))
    levels = [_Level(query=True)]
    at = 0
    while at < len(tokens):
        token, level = tokens[at], levels[-1]
        if level.next and _is_name(token):
            level.next = False
            at = _reference(lifting, at)
            continue
        _follow(levels, tokens, at)
        lifting.left.append(token)
        at += 1
    return Lifted(lifting.left, lifting.references)


def unused(prefix: str, names: Collection[str]) -> str:
    """`prefix`, longer until none of the folded names begins so."""
    while any(name.startswith(prefix) for name in names):
        prefix += "_"
    return prefix


def _is_name(token: Token) -> bool:
    return token.token_type not in _NO_NAME and (
        token.token_type is TokenType.IDENTIFIER or token.text.replace("_", "").isalnum()
    )


def _follow(levels: list[_Level], tokens: Sequence[Token], at: int) -> None:
    """Which tables may come next."""
    level, kind = levels[-1], tokens[at].token_type
    if kind is TokenType.L_PAREN:
        query = at + 1 < len(tokens) and tokens[at + 1].token_type in _QUERY
        joined = level.next and not query
        levels.append(_Level(query or joined, joined, joined))
        level.next = False
    elif kind is TokenType.R_PAREN:
        if len(levels) > 1:
            levels.pop()
    elif kind is TokenType.FROM:
        if level.query and word(tokens, at - 1) != "DISTINCT":  # … IS DISTINCT FROM
            level.tables = level.next = True
    elif kind is TokenType.JOIN or (kind is TokenType.COMMA and level.tables):
        level.next = True
    elif kind in _AFTER_FROM:
        level.tables = level.next = False
    else:
        level.next = level.next and kind is TokenType.LATERAL


def _reference(lifting: _Lifting, at: int) -> int:
    """Takes the name at this token with its clauses; where the next token is."""
    tokens = lifting.tokens
    name, alias, after = tokens[at], list[Token](), at + 1
    if not begins(tokens, after):
        behind = _alias(tokens, after)
        if not begins(tokens, behind):
            lifting.left.append(name)
            return after
        alias, after = list(tokens[after:behind]), behind
    when, after = Reader(tokens, after).when()
    standing = f"{lifting.prefix}{len(lifting.references)}"
    lifting.references[standing] = Reference(name.text, when, place_of(tokens, at))
    lifting.left.append(Token(TokenType.VAR, standing, name.line, name.col, name.start, name.end))
    lifting.left += alias
    return after


def _alias(tokens: Sequence[Token], at: int) -> int:
    """Behind an alias, if one stands here."""
    if word(tokens, at) == "AS":
        return at + 2
    return at + 1 if at < len(tokens) and tokens[at].token_type in (TokenType.VAR, TokenType.IDENTIFIER) else at
