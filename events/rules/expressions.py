"""Expressions that people write: CEL, as a library understands it, within limits of size and of work.

What an expression may take is bounded by steps, not by a clock: the same values are judged alike everywhere.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import msgspec

from events.rules.expression_functions import FUNCTIONS, OURS, calling_ours, calls
from events.rules.expression_text import Members, Token, Work, bound, members, names, patterns, tokens, work
from events.schema.constrained import pattern_fault
from events.schema.values import Json, shown
from events.wire import instants

if TYPE_CHECKING:
    from cel import Program

MAX_TEXT: Final = 2_000  # characters
MAX_NESTING: Final = 2  # comprehensions in one another
MAX_VALUES: Final = 64 * 1024  # bytes, as JSON, of what an expression is given
MAX_STEPS: Final = 1_000_000  # of one evaluation; about 0.1 s
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_encode: Final = msgspec.json.Encoder().encode


class NotAnExpression(ValueError):
    """The text is no expression that may be evaluated; `text` says why, and where."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


class NotEvaluated(ValueError):
    """Evaluating came to no value: `text` says why."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Expression:
    text: str
    members: Members  # of the variables it uses
    work: Work
    program: "Program"
    functions: Mapping[str, Callable[..., Json]]  # ours, as it calls them

    def steps(self, values: Mapping[str, Json]) -> int:
        """The most that evaluating may take; about 0.1 µs each. Raises `NotEvaluated` where values are too large."""
        return self._steps(self._given(values))

    def evaluate(self, values: Mapping[str, Json], budget: "Budget | None" = None) -> Json:
        """The value as JSON; timestamps as text in UTC. Raises `NotEvaluated`, and nothing else."""
        given = self._given(values)
        steps = self._steps(given)
        if budget is not None:
            budget.left -= steps
        if steps > MAX_STEPS:
            raise NotEvaluated(f"would take {steps:,} steps with these values, at most {MAX_STEPS:,} are taken")
        try:
            return _json(self.program.execute({**given, **self.functions} if self.functions else given))
        except NotEvaluated:
            raise
        except Exception as error:  # noqa: BLE001  the library raises what it likes
            raise NotEvaluated(_reason(error)) from None

    def _given(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """No more than it uses."""
        return {name: _part(values.get(name), used) for name, used in self.members.items()}

    def _steps(self, given: Mapping[str, Json]) -> int:
        size = len(_encode(given))
        if size > MAX_VALUES:
            raise NotEvaluated(f"is given {size:,} bytes of values, at most {MAX_VALUES:,} are taken")
        return self.work.steps(_longest(given) if self.work.power else 1, size)


@dataclass(slots=True)
class Budget:
    """What several evaluations may take together, in steps; what is left may be less than nothing."""

    left: int


@lru_cache(4096)
def compiled(text: str, variables: frozenset[str]) -> Expression:
    """An expression over these variables. Raises `NotAnExpression` with all that is wrong."""
    import cel  # brings a prompt of its own: 0.12 s, for who has an expression only

    if len(text) > MAX_TEXT:
        raise NotAnExpression(f"has {len(text):,} characters, at most {MAX_TEXT:,} are taken")
    try:
        cel.compile(text)
    except Exception as error:  # noqa: BLE001  the library raises what it likes
        raise NotAnExpression(_place(str(error), text)) from None
    read = tokens(text)
    takes = work(read)
    faults = [*_unknown(read, variables), *_too_much(read, takes)]
    if faults:
        raise NotAnExpression("; ".join(faults))
    program = cel.compile(calling_ours(text, read))
    return Expression(
        text, members(read), takes, program, {name: OURS[name] for name in program.functions() if name in OURS}
    )


def _unknown(read: list[Token], variables: Collection[str]) -> list[str]:
    nobodys, not_there = sorted(names(read) - set(variables)), sorted(calls(read) - FUNCTIONS - {"in"})
    faults = []
    if nobodys:
        faults.append(f"names {', '.join(nobodys)}; it may use {', '.join(sorted(variables))}")
    if hidden := sorted(bound(read) & set(variables)):
        faults.append(f"calls an item {', '.join(hidden)}, which is what something else is called; choose another name")
    if not_there:
        faults.append(f"calls {', '.join(not_there)}; there are {', '.join(sorted(FUNCTIONS))}")
    return faults


def _too_much(read: list[Token], takes: Work) -> list[str]:
    faults = []
    if takes.nesting > MAX_NESTING:
        faults.append(f"nests {takes.nesting} comprehensions in one another, at most {MAX_NESTING} may")
    for pattern in patterns(read):
        if pattern is None:
            faults.append("gives matches a pattern that is no literal text; write the pattern itself")
        elif why := pattern_fault(pattern):
            faults.append(f"gives matches {shown(pattern)}, which is no pattern: {why}")
    return faults


def _place(error: str, text: str) -> str:
    """What CEL says of a text that it cannot read, without repeating the text."""
    said = error.partition("ERROR: <input>:")[2].partition("\n|")[0]
    line, _, rest = said.partition(":")
    column, _, why = rest.partition(": ")
    if not why:
        return f"cannot be read: {error.replace(text, '…')[:300]}"
    hint = "" if text.isascii() else "; names beyond ASCII stand in brackets: new['이름']"
    return f"cannot be read at line {line}, character {column}: {why.removeprefix('Syntax error: ')[:300]}{hint}"


def _reason(error: Exception) -> str:
    match error:
        case KeyError():
            asking = "has(…)" if str(error).isascii() else f"{error} in …"
            return f"needs {error}, which has no value; ask {asking} first"
        case _:
            return f"cannot be evaluated: {str(error).partition('. CEL does not')[0][:300]}"


def _part(value: Json, used: Collection[str] | None) -> Json:
    """No more of a map than is asked for."""
    if used is None or type(value) is not dict:
        return value
    return {name: value[name] for name in used if name in value}


def _longest(value: Json) -> int:
    match value:
        case dict():
            return max(len(value), max(map(_longest, value.values()), default=0))
        case list():
            return max(len(value), max(map(_longest, value), default=0))
        case _:
            return 1


def _json(value: Any) -> Json:
    match value:
        case None | bool() | int() | str():
            return value
        case float() if isfinite(value):
            return value
        case list():
            return [_json(item) for item in value]
        case dict() if all(isinstance(name, str) for name in value):
            return {name: _json(item) for name, item in value.items()}
        case datetime():
            return instants.to_text((value - _EPOCH) // timedelta(microseconds=1))
        case _:
            raise NotEvaluated(f"comes to {shown(value)}, which JSON cannot say")
