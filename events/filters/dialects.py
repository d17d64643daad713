"""Filters as the CloudEvents Subscriptions API has them, checked and compiled.

{"exact": {"type": "io.oms.object.created.v1"}}     prefix, suffix: each name has this value, or begins or ends so
{"all": [FILTER, …]}  {"any": [FILTER, …]}          {"not": FILTER}          {"sql": "CESQL 1.0"}

A list of filters is passed by what passes each; an empty one by everything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from events.filters.candidate import Candidate, read, readable, text
from events.filters.cesql import Cesql, cesql
from events.filters.cesql_text import NotCesql
from events.findings import Finding
from events.meant import nearest
from events.schema.values import pointer

Filter = Mapping[str, Any]
Test = Callable[[Candidate], bool]

MAX_DEPTH: Final = 8
MAX_FILTERS: Final = 100  # of one subscription, those inside others included
MAX_VALUE: Final = 1_000  # characters
DIALECTS: Final = ("exact", "prefix", "suffix", "all", "any", "not", "sql")
_NAMED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "exact": str.__eq__,
    "prefix": str.startswith,
    "suffix": str.endswith,
}

_kept: Final = lru_cache(4096)(cesql)


def faults(filters: Any, path: str) -> list[Finding]:
    """Everything that is wrong with a list of filters; `path` is where it stands."""
    if type(filters) is not list:
        return [Finding("FILTER_SHAPE", path, "filters are a list of objects with one dialect each")]
    found: list[Finding] = []
    number = sum(_checked(each, f"{path}/{index}", 1, found) for index, each in enumerate(filters[: MAX_FILTERS + 1]))
    if number > MAX_FILTERS or len(filters) > MAX_FILTERS:
        found.append(Finding("FILTER_TOO_LARGE", path, f"there are more than {MAX_FILTERS} filters; join some by sql"))
    return found


def passing(filters: Sequence[Filter]) -> Test:
    """Of filters without faults: what passes all of them."""
    return _every([_compiled(each) for each in filters])


def names_in(filters: Sequence[Filter]) -> Iterator[str]:
    """The attributes and paths that filters without faults look at."""
    for each in filters:
        ((dialect, said),) = each.items()
        if dialect in ("all", "any"):
            yield from names_in(said)
        elif dialect == "not":
            yield from names_in([said])
        elif dialect == "sql":
            yield from _kept(said).names
        else:
            yield from said


def _checked(each: Any, path: str, depth: int, found: list[Finding]) -> int:
    """How many filters it is; what is wrong is found."""
    if depth > MAX_DEPTH:
        found.append(Finding("FILTER_TOO_LARGE", path, f"filters are nested more than {MAX_DEPTH} deep"))
        return 1
    if type(each) is not dict or len(each) != 1:
        text_ = f"a filter is an object with one dialect, one of {', '.join(DIALECTS)}"
        found.append(Finding("FILTER_SHAPE", path, text_))
        return 1
    ((dialect, said),) = each.items()
    inside = path + pointer(dialect)
    match dialect:
        case "all" | "any":
            return 1 + _checked_list(said, inside, depth, found)
        case "not":
            return 1 + _checked(said, inside, depth + 1, found)
        case "sql":
            found.extend(_sql_faults(said, inside))
        case "exact" | "prefix" | "suffix":
            found.extend(_named_faults(said, inside))
        case _:
            known = nearest(dialect, DIALECTS)
            found.append(Finding("FILTER_DIALECT", inside, f"there is no dialect {dialect[:40]!r}; {known}"))
    return 1


def _checked_list(said: Any, path: str, depth: int, found: list[Finding]) -> int:
    if type(said) is not list or not said:
        found.append(Finding("FILTER_SHAPE", path, "it holds one filter or more"))
        return 0
    if len(said) > MAX_FILTERS:
        return len(said)
    return sum(_checked(each, f"{path}/{index}", depth + 1, found) for index, each in enumerate(said))


def _named_faults(said: Any, path: str) -> Iterator[Finding]:
    if type(said) is not dict or not said:
        yield Finding("FILTER_SHAPE", path, "it holds the values of one attribute or more, by name")
        return
    for name, value in said.items():
        at = path + pointer(name)
        if not readable(name):
            text_ = f"{name[:40]!r} is neither an attribute (lower-case letters and digits) nor a path such as data.properties.gate"
            yield Finding("FILTER_NAME", at, text_)
        if type(value) is not str or not 0 < len(value) <= MAX_VALUE:
            yield Finding("FILTER_VALUE", at, f"a value is a text of 1 to {MAX_VALUE:,} characters")


def _sql_faults(said: Any, path: str) -> Iterator[Finding]:
    if type(said) is not str:
        yield Finding("FILTER_SHAPE", path, "it is a text, an expression of CESQL 1.0")
        return
    try:
        mixed = _kept(said).mixed
    except NotCesql as wrong:
        yield Finding("FILTER_SQL", path, f"at character {wrong.at}: {wrong.why}")
        return
    if mixed is not None:
        why = "AND, OR and XOR bind alike and lean to the right; say with parentheses what is meant"
        yield Finding("FILTER_SQL", path, f"at character {mixed}: {why}")


def _compiled(each: Filter) -> Test:
    ((dialect, said),) = each.items()
    match dialect:
        case "all":
            return _every([_compiled(one) for one in said])
        case "any":
            tests = [_compiled(one) for one in said]
            return lambda candidate: any(test(candidate) for test in tests)
        case "not":
            inner = _compiled(said)
            return lambda candidate: not inner(candidate)
        case "sql":
            expression: Cesql = _kept(said)
            return expression.passes
    return _every([_named(_NAMED[dialect], name, value) for name, value in said.items()])


def _named(holds: Callable[[str, str], bool], name: str, value: str) -> Test:
    found = read(name)

    def test(candidate: Candidate) -> bool:
        said = found(candidate)
        return said is not None and holds(said if type(said) is str else text(said), value)

    return test


def _every(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda candidate: all(test(candidate) for test in tests)
