"""Reads time clauses: the short ones, those of SQL:2011, and what names a position, a tag, a commit or a branch.

AS OF <moment>                          BETWEEN <moment> AND <moment>                    ALL_VERSIONS
FOR SYSTEM_TIME | VALID_TIME            AS OF … | FROM … TO … | BETWEEN … AND … | ALL
AS OF POSITION n | TAG 't' | COMMIT 'c' | BRANCH 'b'                    VERSION AS OF n     TIMESTAMP AS OF '…'
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlglot.tokenizer_core import Token, TokenType

from events.findings import Refused
from queries.moments import EXAMPLES
from queries.sql.findings import refused
from queries.sql.when import Always, AsOf, Between, FromTo, Place, Said, Span, When

_AXES: Final = {"SYSTEM_TIME": "system", "VALID_TIME": "valid"}
_SAME: Final = {"VERSION", "TIMESTAMP"}  # as other systems write AS OF a position, or an instant
_TYPED: Final = {"TIMESTAMP", "TIMESTAMPTZ", "DATE", "DATETIME", "INSTANT"}
_NAMED: Final = {"TAG": "tag:", "COMMIT": "commit:"}
_NOW: Final = {"NOW", "CURRENT_TIMESTAMP"}
_TEXTS: Final = {TokenType.STRING, TokenType.RAW_STRING}


def word(tokens: Sequence[Token], at: int) -> str:
    """What stands there, if it is no text and no quoted name."""
    if not 0 <= at < len(tokens) or tokens[at].token_type in (*_TEXTS, TokenType.IDENTIFIER):
        return ""
    return tokens[at].text.upper()


def begins(tokens: Sequence[Token], at: int) -> bool:
    """Whether a time clause begins here."""
    first, second, third = (word(tokens, at + n) for n in range(3))
    return (
        first in ("ALL_VERSIONS", "ALL", "BETWEEN")
        or (first, second) == ("AS", "OF")
        or (first in _SAME and (second, third) == ("AS", "OF"))
        or (first == "FOR" and (second in _AXES or (second == "ALL" and third in _AXES) or second in _SAME))
    )


def place_of(tokens: Sequence[Token], at: int) -> Place:
    """Of the token, or behind the last one."""
    token = tokens[min(at, len(tokens) - 1)]
    return Place(token.line, max(token.col - (token.end - token.start), 1))


@dataclass(slots=True)
class Reader:
    """Goes on along the tokens. Raises `Refused` (SQL_TIME)."""

    tokens: Sequence[Token]
    at: int

    def when(self) -> tuple[When, int]:
        """All clauses that stand here, and what comes behind them."""
        when = When()
        while begins(self.tokens, self.at):
            when = self._clause(when)
        return when, self.at

    def _clause(self, when: When) -> When:
        begun = self.at
        axis = self._axis()
        if axis == "system" and word(self.tokens, self.at + 2) == "BRANCH":
            self.at += 3
            if when.branch:
                raise self._wrong("the branch is said twice", begun)
            return replace(when, branch=self._text("AS OF BRANCH"))
        if getattr(when, axis):
            raise self._wrong(f"the {axis} time is said twice", begun)
        span = self._span(axis)
        return replace(when, system=span) if axis == "system" else replace(when, valid=span)

    def _axis(self) -> str:
        if self._take("FOR") and word(self.tokens, self.at) not in _SAME:
            every = self._take("ALL")
            axis = _AXES[word(self.tokens, self.at)]
            self.at += 1
            if every:
                self.at -= 1  # FOR ALL SYSTEM_TIME means FOR SYSTEM_TIME ALL
                self.tokens = [*self.tokens[: self.at], _all(self.tokens[self.at]), *self.tokens[self.at + 1 :]]
            return axis
        self.at += word(self.tokens, self.at) in _SAME
        return "system"

    def _span(self, axis: str) -> Span:
        if self._take("AS"):
            self._need("OF")
            return AsOf(self._moment())
        if self._take("BETWEEN"):
            return Between(*self._two("AND"))
        if self._take("FROM"):
            return FromTo(*self._two("TO"))
        if self._take("ALL_VERSIONS"):
            return Always()
        if self._take("ALL"):
            if word(self.tokens, self.at - 2) not in (*_AXES, "ALL"):  # FOR ALL SYSTEM_TIME
                self._need("VERSIONS")
            return Always()
        raise self._wrong(f"FOR {axis.upper()}_TIME wants AS OF, FROM … TO, BETWEEN … AND or ALL behind it")

    def _two(self, between: str) -> tuple[Said, Said]:
        start = self._moment()
        self._need(between)
        return start, self._moment()

    def _moment(self) -> Said:
        at, said = place_of(self.tokens, self.at), word(self.tokens, self.at)
        if said in _NAMED:
            self.at += 1
            return Said(_NAMED[said] + self._text(said).text, at)
        if said == "POSITION":
            self.at += 1
            return self._number(at)
        if said in _NOW:
            self.at += 1
            if self._take("("):
                self._need(")")
            return Said("now", at)
        if said in _TYPED:
            self.at += 1
            return self._text(said)
        if self.at < len(self.tokens) and self.tokens[self.at].token_type is TokenType.NUMBER:
            return self._number(at)
        return self._text("a time clause")

    def _number(self, at: Place) -> Said:
        digits = word(self.tokens, self.at)
        if not (digits.isascii() and digits.isdigit()):
            raise self._wrong("a position is a whole number")
        self.at += 1
        return Said(digits, at)

    def _text(self, what: str) -> Said:
        if self.at >= len(self.tokens) or self.tokens[self.at].token_type not in _TEXTS:
            raise self._wrong(f"{what} wants a text in single quotes here; a moment is one of {EXAMPLES}")
        if not self.tokens[self.at].text.strip():  # elsewhere nothing is now; here it is a value that somebody forgot
            raise self._wrong(f"the text here is empty; a moment is one of {EXAMPLES}")
        self.at += 1
        return Said(self.tokens[self.at - 1].text, place_of(self.tokens, self.at - 1))

    def _take(self, wanted: str) -> bool:
        if word(self.tokens, self.at) != wanted:
            return False
        self.at += 1
        return True

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise self._wrong(f"{wanted} is missing here")

    def _wrong(self, text: str, at: int | None = None) -> Refused:
        return refused("SQL_TIME", text, place_of(self.tokens, self.at if at is None else at))


def _all(token: Token) -> Token:
    return Token(TokenType.ALL, "ALL", token.line, token.col, token.start, token.end)
