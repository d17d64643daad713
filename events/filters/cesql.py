"""CESQL 1.0 expressions as functions: parsed once, then a few microseconds an event.

Every expression has a value, whatever goes wrong: an operator around what went wrong returns the zero of its type. So an
error ends the evaluation at once, and what it comes to is known beforehand. An event passes where the value is `true`
and nothing went wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass

from events.filters.candidate import Candidate, Scalar
from events.filters.cesql_compile import compiled, returns
from events.filters.cesql_parse import parse
from events.filters.cesql_tree import Name, Node, named
from events.filters.cesql_values import ZERO, Fault


@dataclass(frozen=True, slots=True)
class Cesql:
    text: str
    node: Node
    mixed: int | None  # the character at which AND, OR and XOR are mixed without parentheses
    _run: Callable[[Candidate], Scalar]

    @property
    def names(self) -> frozenset[str]:
        """The attributes, and the paths into data, that it looks at."""
        return frozenset(named(self.node))

    def passes(self, candidate: Candidate) -> bool:
        try:
            return self._run(candidate) is True
        except Fault:
            return False

    def evaluate(self, candidate: Candidate) -> tuple[Scalar, Fault | None]:
        """The value, and what went wrong first."""
        try:
            return self._run(candidate), None
        except Fault as fault:
            if fault.at == self.node.at or isinstance(self.node, Name):
                return fault.value, fault
            return ZERO[returns(self.node)], fault


def cesql(text: str) -> Cesql:
    """Raises `NotCesql` with the place of what is wrong first."""
    parsed = parse(text)
    return Cesql(text, parsed.node, parsed.mixed, compiled(parsed.node))
