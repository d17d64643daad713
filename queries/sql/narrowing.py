"""What a WHERE says of one table so plainly that less of it has to be read: its keys, and since which position.

Only what stands between ANDs at the top of the WHERE of the SELECT that names the table, as `column = literal`,
`column IN (literals)` or a comparison with a position. All of it is asked again by the engine, so to miss something is
no mistake.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp

from queries.sql.when import Reference

_MIRRORED: Final[Mapping[type[exp.Expr], type[exp.Expr]]] = {
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
}


@dataclass(slots=True)
class Narrowed:
    """`equal`: of some columns (folded) the values that they may have; `since`: the least position."""

    equal: dict[str, frozenset[str | int]] = field(default_factory=dict)
    since: int = 0


def narrowed(table: exp.Table, reference: Reference, position: str) -> Narrowed:
    """`position`: how the table calls the position of its rows."""
    found = Narrowed()
    select = _select(table)
    if select is None or (where := select.args.get("where")) is None or table.alias_column_names:
        return found  # names behind an alias, as in `users AS u(a, b)`, are not those of the table
    alone = _sources(select) == 1
    names = {(table.alias or reference.name).casefold()}
    for each in _conjuncts(where.this):
        column, values, kind = _said(each)
        if column is None or not (column.table.casefold() in names or (alone and not column.table)):
            continue
        name = column.name.casefold()
        if kind is exp.EQ and len({*map(type, values), *map(type, found.equal.get(name, ()))}) == 1:
            found.equal[name] = found.equal.get(name, values) & values  # of '1' and 1 the engine makes the same
        if name == position and kind in (exp.EQ, exp.GT, exp.GTE):
            numbers = [value for value in values if isinstance(value, int)]
            if len(numbers) == len(values) == 1:
                found.since = max(found.since, numbers[0] + (kind is exp.GT))
    return found


def _select(table: exp.Table) -> exp.Select | None:
    """The SELECT whose FROM or JOIN names the table itself."""
    if isinstance(table.parent, exp.From | exp.Join) and isinstance(table.parent.parent, exp.Select):
        return table.parent.parent
    return None


def _sources(select: exp.Select) -> int:
    return 1 + len(select.args.get("joins") or ()) + len(select.args.get("laterals") or ())


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    elif isinstance(condition, exp.Paren):
        yield from _conjuncts(condition.this)
    else:
        yield condition


def _said(each: exp.Expr) -> tuple[exp.Column | None, frozenset[str | int], type[exp.Expr]]:
    if isinstance(each, exp.In) and isinstance(each.this, exp.Column) and each.args.get("query") is None:
        values = [_literal(value) for value in each.expressions]
        if values and None not in values:
            return each.this, frozenset(value for value in values if value is not None), exp.EQ
    if isinstance(each, exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
        left, right = each.left, each.right
        kind: type[exp.Expr] = type(each)
        if isinstance(right, exp.Column):
            left, right, kind = right, left, _MIRRORED.get(kind, kind)
        value = _literal(right)
        if isinstance(left, exp.Column) and value is not None:
            return left, frozenset({value}), kind
    return None, frozenset(), exp.Expr


def _literal(value: exp.Expr) -> str | int | None:
    if not isinstance(value, exp.Literal):
        return None
    if value.is_string:
        return str(value.this)
    return int(value.this) if str(value.this).isdigit() else None
