"""CESQL 1.0 as a tree: a Pratt parser that takes the specification's grammar at its word.

NOT, - (highest)   LIKE, IN, EXISTS   * / %   + -   = != <> < <= > >=   AND OR XOR (lowest)

NOTE by the grammar AND, OR and XOR stand on one level and lean to the right: `false AND false OR true` is false. Who
knows SQL expects true, so `Parsed.mixed` says where an expression mixes them without parentheses.
"""

from typing import Final, NamedTuple

from events.filters.cesql_text import NotCesql, Token, tokens
from events.filters.cesql_tree import MAX_INTEGER, MIN_INTEGER, Call, Exists, In, Like, Literal, Name, Node, Operation

MAX_DEPTH: Final = 50

_BINDING: Final = {
    **dict.fromkeys(("LIKE", "IN"), 4),
    **dict.fromkeys(("*", "/", "%"), 3),
    **dict.fromkeys(("+", "-"), 2),
    **dict.fromkeys(("=", "!=", "<>", "<", "<=", ">", ">="), 1),
}
_LOGIC: Final = ("AND", "OR", "XOR")


class Parsed(NamedTuple):
    node: Node
    mixed: int | None  # the character at which AND, OR and XOR are mixed without parentheses


def parse(expression: str) -> Parsed:
    """Raises `NotCesql` with the place of what is wrong first."""
    parser = _Parser(tokens(expression))
    node = parser.expression(0)
    parser.take("end")
    return Parsed(node, parser.mixed)


class _Parser:
    def __init__(self, read: list[Token]) -> None:
        self._read, self._at = read, 0
        self.mixed: int | None = None

    @property
    def next(self) -> Token:
        return self._read[self._at]

    def take(self, *wanted: str) -> Token:
        """The next token, which must be one of these marks or kinds."""
        token = self.next
        if token.kind not in wanted and not self._is_mark(*wanted):
            raise NotCesql("parse", token.at, f"{_shown(token)} stands where {_wanted(wanted)} should")
        self._at += 1
        return token

    def expression(self, depth: int) -> Node:
        """Operands between AND, OR and XOR, which lean to the right."""
        _bounded(depth, self.next)
        operands, signs = [self._operand(depth, 1)], []
        while self._is_mark(*_LOGIC):
            signs.append(self.take("mark"))
            operands.append(self._operand(depth, 1))
        odd = next((sign for sign in signs if sign.value != signs[0].value), None)
        if odd is not None and self.mixed is None:
            self.mixed = odd.at
        chain: list[Node] = [operands.pop()]
        while signs:
            sign = signs.pop()
            chain.insert(0, operands.pop())
            if not signs or signs[-1].value != sign.value:
                chain = [_operation(sign, tuple(chain))]
        return chain[0]

    def _operand(self, depth: int, least: int) -> Node:
        left = self._unary(depth)
        while True:
            sign, negated = self.next, False
            if self._is_mark("NOT"):
                sign, negated = self._read[self._at + 1], True
            binds = _BINDING.get(sign.value, 0) if sign.kind == "mark" else 0
            if binds < least or (negated and sign.value not in ("LIKE", "IN")):
                return left
            self._at += 1 + negated
            left = self._behind(left, sign, binds, negated=negated, depth=depth)
            _bounded(left.depth, sign)

    def _behind(self, left: Node, sign: Token, binds: int, *, negated: bool, depth: int) -> Node:
        """What a sign makes of the operand before it and of what follows."""
        if sign.value == "LIKE":
            return Like(left, self.take("text").value, negated, sign.at, left.depth + 1)
        if sign.value == "IN":
            self.take("(")
            items = self._list(depth)
            return In(left, items, negated, sign.at, 1 + max(one.depth for one in (left, *items)))
        return _operation(sign, (left, self._operand(depth + 1, binds + 1)))

    def _unary(self, depth: int) -> Node:
        token = self.next
        _bounded(depth, token)
        if self._is_mark("NOT"):
            self._at += 1
            return _operation(token, (self._unary(depth + 1),))
        if self._is_mark("-", "+"):
            return self._signed(token, depth)
        if self._is_mark("EXISTS"):
            self._at += 1
            return Exists(_name(self.take("name")), token.at)
        return self._atom(depth)

    def _signed(self, sign: Token, depth: int) -> Node:
        self._at += 1
        if self.next.kind == "number":
            return _integer(sign.value, self.take("number"), sign.at)
        if sign.value == "+":
            raise NotCesql("parse", sign.at, "a + stands before a number, or between two operands")
        return _operation(sign._replace(value="NEGATE"), (self._unary(depth + 1),))

    def _atom(self, depth: int) -> Node:
        token = self.take("text", "number", "name", "(", "TRUE", "FALSE")
        match token:
            case Token("text", text, at):
                return Literal(text, at)
            case Token("number"):
                return _integer("", token, token.at)
            case Token("mark", "("):
                inner = self.expression(depth + 1)
                self.take(")")
                return inner
            case Token("mark", word, at):
                return Literal(word == "TRUE", at)
        if not self._is_mark("("):
            return Name(_name(token), token.at)
        self._at += 1
        arguments = () if self._is_mark(")") else self._list(depth)
        if not arguments:
            self.take(")")
        return Call(token.value.upper(), arguments, token.at, 1 + max((one.depth for one in arguments), default=0))

    def _list(self, depth: int) -> tuple[Node, ...]:
        """Behind an opening parenthesis: one or more, up to the closing one."""
        items = [self.expression(depth + 1)]
        while self.take(",", ")").value == ",":
            items.append(self.expression(depth + 1))
        return tuple(items)

    def _is_mark(self, *values: str) -> bool:
        return self.next.kind == "mark" and self.next.value in values


def _operation(sign: Token, operands: tuple[Node, ...]) -> Operation:
    made = Operation(sign.value, operands, sign.at, 1 + max(one.depth for one in operands))
    _bounded(made.depth, sign)
    return made


def _integer(sign: str, digits: Token, at: int) -> Literal:
    value = int(sign + digits.value) if len(digits.value) < 20 else MAX_INTEGER + 1
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        raise NotCesql("parse", at, f"{sign}{digits.value[:40]} is not between {MIN_INTEGER} and {MAX_INTEGER}")
    return Literal(value, at)


def _name(token: Token) -> str:
    """Attributes are in lower case; names on the way into data stay as they are."""
    if "." in token.value:
        return token.value
    if "_" in token.value:
        raise NotCesql("parse", token.at, f"{token.value[:40]} is no attribute; these have letters and digits only")
    return token.value.lower()


def _bounded(depth: int, token: Token) -> None:
    if depth > MAX_DEPTH:
        raise NotCesql("parse", token.at, f"it is nested more than {MAX_DEPTH} deep")


def _shown(token: Token) -> str:
    return token.value if token.kind == "end" else repr(token.value[:40])


def _wanted(wanted: tuple[str, ...]) -> str:
    called = {
        "text": "a text in quotes",
        "number": "a number",
        "name": "a name",
        "end": "the end",
        "mark": "an operator",
    }
    return " or ".join(called.get(each, f"'{each}'") for each in wanted)
