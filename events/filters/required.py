"""What must be so for a filter to pass, as far as equal values and beginnings of texts can say it: for an index.

It may say less than a filter does, never more: what does not meet it does not pass.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from events.filters.cesql import cesql
from events.filters.cesql_tree import In, Like, Literal, Name, Node, Operation
from events.filters.dialects import Filter
from events.wire.envelope import Event

NUMBERS: Final = frozenset({"commitindex", "commitsize"})
_TEXTS: Final = frozenset(Event.__struct_fields__) - NUMBERS - {"data"}


class Required(NamedTuple):
    """The text of attribute or path `name` is one of `values`; or begins with one, if these are only how it `begins`."""

    name: str
    values: frozenset[str]
    begins: bool = False


def required(each: Filter) -> Iterator[Required]:
    """Of a filter without faults: all of these hold where it passes."""
    ((dialect, said),) = each.items()
    match dialect:
        case "exact" | "prefix":
            yield from (Required(name, frozenset({value}), dialect == "prefix") for name, value in said.items())
        case "all":
            for one in said:
                yield from required(one)
        case "any":
            yield from _common([together(required(one)) for one in said])
        case "sql":
            yield from _of_node(cesql(said).node)


def together(found: Iterable[Required]) -> dict[str, Required]:
    """What several say of each name as one: an equal value says more than a beginning, a longer one than a shorter."""
    known: dict[str, Required] = {}
    for one in found:
        known[one.name] = one if one.name not in known else _both(known[one.name], one)
    return known


def _both(one: Required, other: Required) -> Required:
    if not one.begins and not other.begins:
        return one._replace(values=one.values & other.values)
    if one.begins != other.begins:
        return other if one.begins else one
    return max(one, other, key=lambda each: min(map(len, each.values)))


def _common(alternatives: list[dict[str, Required]]) -> Iterator[Required]:
    """What each of several says something of."""
    first, *rest = alternatives
    for name in first:
        if all(name in each for each in rest):
            said = [each[name] for each in alternatives]
            values = frozenset(value for one in said for value in one.values)
            yield Required(name, values, any(one.begins for one in said))


def _of_node(node: Node) -> Iterator[Required]:
    """Of an expression that comes to `true`. Only texts are compared as they are: numbers are cast."""
    match node:
        case Operation("AND", operands):
            for each in operands:
                yield from _of_node(each)
        case Operation("=", (Name(name), Literal(str(value)))):
            yield Required(name, frozenset({value}))
        case Like(Name(name), pattern, negated=False):
            if begin := _beginning(pattern):
                yield Required(name, frozenset({begin}), begins=True)
        case In(Name(name), items, negated=False) if name in _TEXTS:
            texts = frozenset(each.value for each in items if isinstance(each, Literal) and isinstance(each.value, str))
            if len(texts) == len(items):
                yield Required(name, texts)


def _beginning(pattern: str) -> str:
    """Up to the first wildcard, or to the first backslash: it may be none."""
    ends = [at for each in "%_\\" if (at := pattern.find(each)) >= 0]
    return pattern[: min(ends, default=len(pattern))]
