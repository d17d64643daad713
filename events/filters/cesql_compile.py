"""A tree of CESQL as nested functions of a candidate. Each raises `Fault` with the place of its operator."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from events.filters.candidate import Candidate, Scalar, read, text
from events.filters.cesql_functions import FUNCTIONS, Function, function, parameter
from events.filters.cesql_text import NotCesql
from events.filters.cesql_tree import Call, Exists, In, Like, Literal, Name, Node, Operation
from events.filters.cesql_values import Fault, as_type, boolean, integer, whole
from events.filters.like import like
from events.meant import nearest

Run = Callable[[Candidate], Scalar]

_ARITHMETIC: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_ORDER: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def compiled(node: Node) -> Run:
    """Raises `NotCesql` for a function that is not there."""
    return _COMPILED[type(node)](node)


def returns(node: Node) -> type:
    """The type of its value; of an attribute it is not known, and then a boolean."""
    match node:
        case Literal(value):
            return type(value)
        case Call(name, arguments):
            called = function(name, len(arguments))
            return bool if called is None else called.gives
        case Operation(sign) if sign in ("NEGATE", "/", "%", *_ARITHMETIC):
            return int
    return bool


def _literal(node: Literal) -> Run:
    value = node.value
    return lambda _: value


def _exists(node: Exists) -> Run:
    found = read(node.name)
    return lambda candidate: found(candidate) is not None


def _name(node: Name) -> Run:
    found, name, at = read(node.name), node.name, node.at

    def run(candidate: Candidate) -> Scalar:
        value = found(candidate)
        if value is None:
            raise Fault("missingAttribute", f"the event has no {name}", False, at)
        return value

    return run


def _like(node: Like) -> Run:
    operand, matches, wanted = compiled(node.operand), like(node.pattern), not node.negated

    def run(candidate: Candidate) -> Scalar:
        value = operand(candidate)
        return matches(value if type(value) is str else text(value)) is wanted

    return run


def _in(node: In) -> Run:
    operand, wanted = compiled(node.operand), not node.negated
    items = [compiled(item) for item in node.items]
    texts = {item.value for item in node.items if isinstance(item, Literal) and type(item.value) is str}
    plain = frozenset(texts) if all(isinstance(i, Literal) and type(i.value) is str for i in node.items) else None

    def run(candidate: Candidate) -> Scalar:
        value = operand(candidate)
        kind = type(value)
        if plain is not None and kind is str:
            return (value in plain) is wanted
        try:
            return any(as_type(kind, item(candidate)) == value for item in items) is wanted
        except Fault as fault:
            raise _placed(fault, node.at) from None

    return run


def _call(node: Call) -> Run:
    called = function(node.name, len(node.arguments))
    if called is None:
        raise NotCesql("missingFunction", node.at, _no_function(node))
    arguments = [_argument(called, index, each) for index, each in enumerate(node.arguments)]
    call, at = called.call, node.at

    def run(candidate: Candidate) -> Scalar:
        values = [argument(candidate) for argument in arguments]
        try:
            result: Scalar = call(*values)
        except Fault as fault:
            raise _placed(fault, at) from None
        return result

    return run


def _argument(called: Function, index: int, node: Node) -> Run:
    return _cast(parameter(called, index), compiled(node))


def _cast(kind: type, run: Run) -> Run:
    def cast(candidate: Candidate) -> Scalar:
        value = run(candidate)
        return value if type(value) is kind else as_type(kind, value)

    return cast


def _operation(node: Operation) -> Run:
    operands = [compiled(each) for each in node.operands]
    sign = node.sign
    if sign in _ORDER:
        return _two(_ORDER[sign], *operands)
    if sign in _ARITHMETIC:
        return _two(lambda x, y: whole(_ARITHMETIC[sign](x, y)), *operands)
    if sign in ("/", "%"):
        return _division(node, *operands)
    if sign in ("=", "!=", "<>"):
        return _equal(node, *operands, wanted=sign == "=")
    return _logic(sign, operands)


def _logic(sign: str, operands: list[Run]) -> Run:
    match sign:
        case "NOT":
            return lambda candidate: not boolean(operands[0](candidate))
        case "NEGATE":
            return lambda candidate: whole(-integer(operands[0](candidate)))
        case "XOR":
            return lambda candidate: bool(sum(boolean(each(candidate)) for each in operands) % 2)
    return _until(operands, stop=sign == "OR")


def _until(operands: list[Run], *, stop: bool) -> Run:
    """One after the other, until one comes to `stop`."""

    def run(candidate: Candidate) -> Scalar:
        for operand in operands:
            value = operand(candidate)
            if (value if type(value) is bool else boolean(value)) is stop:
                return stop
        return not stop

    return run


def _equal(node: Operation, left: Run, right: Run, *, wanted: bool) -> Run:
    """The left one is cast to the type of the right one."""
    literal = node.operands[1]
    if isinstance(literal, Literal):
        value, kind = literal.value, type(literal.value)

        def same(candidate: Candidate) -> Scalar:
            found = left(candidate)
            return ((found if type(found) is kind else as_type(kind, found)) == value) is wanted

        return same

    def run(candidate: Candidate) -> Scalar:
        found, other = left(candidate), right(candidate)
        return (as_type(type(other), found) == other) is wanted

    return run


def _two(decide: Callable[[int, int], Any], left: Run, right: Run) -> Run:
    def run(candidate: Candidate) -> Scalar:
        result: Scalar = decide(integer(left(candidate)), integer(right(candidate)))
        return result

    return run


def _division(node: Operation, left: Run, right: Run) -> Run:
    """Towards zero; what remains has the sign of what was divided."""
    remainder, at = node.sign == "%", node.at

    def run(candidate: Candidate) -> Scalar:
        x, y = integer(left(candidate)), integer(right(candidate))
        if y == 0:
            raise Fault("math", f"{x} cannot be divided by 0", 0, at)
        quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
        return x - quotient * y if remainder else whole(quotient)

    return run


def _placed(fault: Fault, at: int) -> Fault:
    return fault if fault.at else Fault(fault.kind, fault.why, fault.value, at)


def _no_function(node: Call) -> str:
    takes = [len(each.takes) - each.more for each in FUNCTIONS.get(node.name, ())]
    if takes:
        return f"{node.name} takes {' or '.join(map(str, takes))} arguments, not {len(node.arguments)}"
    return f"there is no function {node.name[:40]}; {nearest(node.name, FUNCTIONS, 'CESQL 1.0 says which there are')}"


_COMPILED: Final[Mapping[type, Callable[[Any], Run]]] = {
    Literal: _literal,
    Name: _name,
    Exists: _exists,
    Like: _like,
    In: _in,
    Call: _call,
    Operation: _operation,
}
