"""One SELECT that may be run: read by the stock parser, with every table and every call known.

What is checked is what the engine gets: the tree is written out again, and the calls are looked for in that.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from events.findings import Refused
from events.meant import nearest
from queries.sql.clauses import lifted
from queries.sql.findings import refused
from queries.sql.functions import FUNCTIONS, SYNTAX
from queries.sql.times import place_of
from queries.sql.when import Place, Reference, When

logging.getLogger("sqlglot").disabled = True  # what it cannot read is refused here, with a place

MAX_TEXT: Final = 100_000  # characters
_DIALECT: Final = "duckdb"
_REFUSED: Final = (
    exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Parameter, exp.Placeholder, exp.SessionParameter, exp.Pivot,
    exp.Pragma, exp.Set, exp.Use, exp.Attach, exp.Detach, exp.Copy, exp.Describe, exp.Show,
)  # fmt: skip
_MISSING: Final = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]*\.(\w+)'>")
_SEE: Final = "see docs/sql.md for what may be called"


@dataclass(frozen=True, slots=True)
class Statement:
    """`tables` are the references to what is no table of the query itself, each with where it stands in `tree`."""

    tree: exp.Expr
    tables: Sequence[tuple[exp.Table, Reference]]

    def text(self, names: Sequence[str]) -> str:
        """For the engine, with these names in place of the tables."""
        for (node, reference), name in zip(self.tables, names, strict=True):
            if not node.alias:
                node.set("alias", exp.TableAlias(this=exp.to_identifier(reference.name, quoted=True)))
            node.set("this", exp.to_identifier(name, quoted=True))
        return self.tree.sql(dialect=_DIALECT)

    def columns(self) -> frozenset[str] | None:
        """All names that may be columns, folded; `None` where there is a star: then all columns are."""
        if self.tree.find(exp.Columns) or any(
            not isinstance(star.parent, exp.Count) for star in self.tree.find_all(exp.Star)
        ):
            return None
        if any(join.method == "NATURAL" for join in self.tree.find_all(exp.Join)):
            return None  # joined by all columns that both have
        if any(node.alias_column_names for node, _ in self.tables):
            return None  # `users AS u(a, b)` calls them by where they stand
        return self.names()

    def rows(self) -> frozenset[str]:
        """Names of tables, folded, that stand where a column would: each is a row as one value, if no column is called so."""
        tables = {called(node, reference) for node, reference in self.tables}
        columns = self.tree.find_all(exp.Column)
        return frozenset(tables & {column.name.casefold() for column in columns if not column.table})

    def names(self) -> frozenset[str]:
        """Every name that stands in it, folded."""
        return frozenset(name.this.casefold() for name in self.tree.find_all(exp.Identifier))

    def place(self, name: str) -> Place | None:
        """Where a name stands first."""
        folded = name.casefold()
        for identifier in self.tree.find_all(exp.Identifier, bfs=False):
            if identifier.this.casefold() == folded and "line" in identifier.meta:
                return _place(identifier)
        return None


def statement(text: str) -> Statement:
    """Raises `Refused` with SQL_SYNTAX, SQL_TIME, SQL_STATEMENT, SQL_FUNCTION or SQL_TABLE_UNKNOWN."""
    if len(text) > MAX_TEXT:
        raise refused("SQL_SYNTAX", f"a query has at most {MAX_TEXT:,} characters, this one has {len(text):,}")
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise refused("SQL_SYNTAX", "it is no text in UTF-8, or holds half of a surrogate pair")
    found = lifted(text)
    tree = _parsed(found.tokens, text)
    _check_calls(tree, found.tokens)
    return Statement(tree, [*_tables(tree, found.references)])


def _parsed(tokens: Sequence[Token], text: str) -> exp.Expr:
    try:
        trees = Dialect.get_or_raise(_DIALECT).parser().parse(list(tokens), text)
    except ParseError as error:
        first = error.errors[0]
        raise refused("SQL_SYNTAX", _readable(first["description"]), Place(first["line"], first["col"])) from None
    except SqlglotError as error:
        raise refused("SQL_SYNTAX", str(error)) from None
    except RecursionError:
        raise refused("SQL_SYNTAX", "it is nested too deep") from None
    stated = [each for each in trees if each is not None and not isinstance(each, exp.Semicolon)]
    if len(stated) != 1:
        raise refused("SQL_STATEMENT", "one SELECT is asked for, nothing or several stand here")
    tree = stated[0]
    for node in tree.walk():
        if isinstance(node, _REFUSED):
            raise _no_select(node)
    if isinstance(tree, exp.Condition | exp.Alias):  # as `SELEC` is read
        raise refused("SQL_STATEMENT", f"a query begins with SELECT or WITH, not with {tokens[0].text[:40]}")
    if not isinstance(tree, exp.Query):
        raise _no_select(tree)
    return tree


def _readable(said: str) -> str:
    """Without the names of the parser's own classes and fields: `Required keyword: 'this' missing for <class '….Where'>`."""
    missing = _MISSING.match(said)
    return f"something is missing behind {missing[1].upper()}" if missing else said


def _no_select(node: exp.Expr) -> Refused:
    if isinstance(node, exp.Parameter | exp.Placeholder | exp.SessionParameter):
        return refused("SQL_STATEMENT", "a parameter is not allowed: write its value, texts in single quotes")
    if isinstance(node, exp.Describe | exp.Show):
        remedy = "`oms schema list` shows the types, `SELECT * … LIMIT 1` the columns of one"
    else:
        remedy = "a query only reads, with one SELECT; commands are sent with `oms send`"
    kind = str(node.this) if type(node) is exp.Command else node.key
    return refused("SQL_STATEMENT", f"{kind.upper()} is not allowed: {remedy}")


def _check_calls(tree: exp.Expr, said: Sequence[Token]) -> None:
    """All calls as the engine will get them. Raises `Refused` (SQL_SYNTAX, SQL_FUNCTION)."""
    try:
        tokens = sqlglot.tokenize(tree.sql(dialect=_DIALECT), read=_DIALECT)
    except (SqlglotError, ValueError) as error:  # read, but not to be written again, such as the path '$..*'
        raise refused("SQL_SYNTAX", f"it cannot be handed to the engine: {error}") from None
    except RecursionError:
        raise refused("SQL_SYNTAX", "it is nested too deep") from None
    for at, token in enumerate(tokens[:-1]):
        name = token.text.casefold()
        if _is_called(tokens, at) and name not in FUNCTIONS and name not in SYNTAX:
            where = next((n for n, one in enumerate(said) if one.text.casefold() == name and _is_called(said, n)), None)
            text = f"there is no function {token.text[:64]} here; {nearest(name, FUNCTIONS, _SEE)}"
            raise refused("SQL_FUNCTION", text, None if where is None else place_of(said, where))


def _is_called(tokens: Sequence[Token], at: int) -> bool:
    """Whether a bracket stands behind a name, and is not that of a table's columns: `AS t(a, b)`, `WITH t(a) AS`."""
    if at + 1 >= len(tokens) or tokens[at + 1].token_type is not TokenType.L_PAREN:
        return False
    if tokens[at].token_type is TokenType.IDENTIFIER or tokens[at].text.replace("_", "").isalnum():
        before = tokens[at - 1].token_type if at else None
        return before not in (TokenType.ALIAS, TokenType.WITH, TokenType.RECURSIVE) and not _defines(tokens, at + 1)
    return False


def _defines(tokens: Sequence[Token], at: int) -> bool:
    """Whether AS and a query stand behind these brackets: a further table of a WITH."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[index].token_type, 0)
        if depth == 0:
            behind = [token.token_type for token in tokens[index + 1 : index + 4]]
            return behind[:2] == [TokenType.ALIAS, TokenType.L_PAREN] and behind[2:3] in (
                [TokenType.SELECT],
                [TokenType.WITH],
            )
    return False


def _tables(tree: exp.Expr, references: dict[str, Reference]) -> Iterator[tuple[exp.Table, Reference]]:
    for node in list(tree.find_all(exp.Table)):
        if not isinstance(node.this, exp.Identifier):
            raise refused("SQL_FUNCTION", f"{node.this.sql(dialect=_DIALECT)[:64]} cannot stand where a table does")
        if node.args.get("db"):
            text = f"{node.sql(dialect=_DIALECT)[:200]} has a schema before its name; tables have none"
            raise refused("SQL_TABLE_UNKNOWN", text, _place(node.this))
        if said := references.get(node.name):
            yield node, said
        elif not _is_own(node):
            yield node, Reference(node.name, When(), _place(node.this))


def _is_own(table: exp.Table) -> bool:
    """Whether a WITH above defines it; a table that is defined sees those before it, and itself if it is recursive."""
    inside: exp.Expr = table
    above = table.parent
    name = table.name.casefold()
    while above is not None:
        if isinstance(above, exp.With):
            names = [cte.alias.casefold() for cte in above.expressions]
            own = next(index for index, cte in enumerate(above.expressions) if cte is inside)
            if name in names[: own + bool(above.args.get("recursive"))]:
                return True
        else:
            defined = above.args.get("with_") or above.args.get("with")
            others = defined.expressions if defined is not None and defined is not inside else ()
            if name in {cte.alias.casefold() for cte in others}:
                return True
        inside, above = above, above.parent
    return False


def _place(identifier: exp.Expr) -> Place:
    meta = identifier.meta
    return Place(meta.get("line", 1), max(meta.get("col", 1) - (meta.get("end", 0) - meta.get("start", 0)), 1))


def called(table: exp.Table, reference: Reference) -> str:
    """By which name, folded, the rest of the query knows it."""
    return (table.alias or reference.name).casefold()
