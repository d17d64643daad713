"""What an expression of CESQL is made of: a tree, each node with the place of its operator and how deep it is."""

from collections.abc import Iterator
from dataclasses import dataclass

MIN_INTEGER, MAX_INTEGER = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | bool
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Exists:
    name: str
    at: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Operation:
    """`sign` is NOT, an operator of two operands, or AND, OR, XOR of two or more; `NEGATE` is the minus of one."""

    sign: str
    operands: tuple["Node", ...]
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Like:
    operand: "Node"
    pattern: str
    negated: bool
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class In:
    operand: "Node"
    items: tuple["Node", ...]
    negated: bool
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Node", ...]
    at: int
    depth: int


Node = Literal | Name | Exists | Operation | Like | In | Call


def named(node: Node) -> Iterator[str]:
    """The names in a tree."""
    match node:
        case Name(name) | Exists(name):
            yield name
        case Operation(_, inside) | Call(_, inside):
            for each in inside:
                yield from named(each)
        case Like(operand):
            yield from named(operand)
        case In(operand, items):
            for each in (operand, *items):
                yield from named(each)
