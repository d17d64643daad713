"""An event in another shape for one endpoint, by an expression of JMESPath: what is sent, never what is stored.

of `data`    it looks at the event's data and its answer takes their place; the envelope stays, but for `dataschema`
of `event`   it looks at the whole event and its answer is the whole body, of no certain form

An expression cannot loop, recurse or look outside; every value that it makes is counted, so it ends.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import msgspec

from events.findings import Finding
from events.meant import nearest
from events.subscriptions.sinks import MAX_HEADER
from events.wire.content_modes import header_value

MAX_TEXT: Final = 2_000  # characters of an expression
MAX_DEPTH: Final = 40  # of what is nested in it
MAX_WORK: Final = 500_000  # values that are looked at; some tens of milliseconds
MAX_SHAPED: Final = 512 << 10  # bytes of an answer
_LONG: Final = 16  # characters that count as one value

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


class Unshaped(Exception):
    """The expression came to nothing that can be sent; the text says why."""


def shape_faults(expression: str, path: str) -> Iterator[Finding]:
    """What is wrong with an expression, and at which character."""
    try:
        tree = _parsed(expression)
    except Unshaped as wrong:
        yield Finding("SUBSCRIPTION_TRANSFORM", path, str(wrong))
        return
    for text in _calls(tree):
        yield Finding("SUBSCRIPTION_TRANSFORM", path, text)


def shaped(expression: str, given: bytes) -> bytes:
    """What the expression makes of JSON, as JSON. Raises `Unshaped`."""
    with _refusing():
        found = _evaluated(_parsed(expression), _decode(given))
        body = _encode(found)
    if found is None:
        raise Unshaped("it came to null: what it names is not there")
    if len(body) > MAX_SHAPED:
        raise Unshaped(f"it came to {len(body):,} bytes, at most {MAX_SHAPED:,} are sent")
    return body


def header_of(expression: str, given: bytes) -> str | None:
    """What the expression makes of JSON, for a header; `None` where it comes to null. What is not plain ASCII is percent-encoded. Raises `Unshaped`."""
    with _refusing():
        found = _evaluated(_parsed(expression), _decode(given))
    if found is None:
        return None
    if isinstance(found, (dict, list)):
        raise Unshaped("it came to several values; a header has one")
    text = found if isinstance(found, str) else _encode(found).decode()
    value = text if text.isascii() and text.isprintable() and text == text.strip() else header_value(text)
    if len(value) > MAX_HEADER:
        raise Unshaped(f"it came to {len(value):,} characters, a header has at most {MAX_HEADER:,}")
    return value


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError) as error:
        raise Unshaped(str(error)[:500] or repr(error)) from None


@lru_cache(1_024)
def _parsed(expression: str) -> Mapping[str, Any]:
    """Raises `Unshaped`."""
    from jmespath.exceptions import JMESPathError, LexerError, ParseError
    from jmespath.parser import Parser

    if len(expression) > MAX_TEXT:
        raise Unshaped(f"it has {len(expression):,} characters, at most {MAX_TEXT:,} are taken")
    try:
        tree: Mapping[str, Any] = Parser().parse(expression).parsed
    except (LexerError, ParseError) as error:
        at = getattr(error, "lex_position", None)
        at = getattr(error, "lexer_position", None) if at is None else at
        said = str(getattr(error, "message", None) or getattr(error, "msg", None) or "it ends too soon")
        place = "" if at is None else f" at character {at + 1}"
        hint = "" if expression.isascii() else '; names beyond ASCII stand in quotes: "이름"'
        raise Unshaped(f"it cannot be read{place}: {said.splitlines()[0][:300]}{hint}") from None
    except (JMESPathError, ValueError) as error:
        raise Unshaped(f"it cannot be read: {str(error)[:300]}") from None
    except RecursionError:
        raise Unshaped(_TOO_DEEP) from None
    if any(depth > MAX_DEPTH for depth, _ in _nodes(tree)):
        raise Unshaped(_TOO_DEEP)
    return tree


_TOO_DEEP: Final = f"it is nested too deep, at most {MAX_DEPTH} may be"


def _nodes(tree: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each node with its depth."""
    waiting = [(1, tree)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        if depth <= MAX_DEPTH:
            waiting += [(depth + 1, child) for child in node["children"] if isinstance(child, dict)]


def _calls(tree: Mapping[str, Any]) -> Iterator[str]:
    from jmespath.functions import Functions

    for _, node in _nodes(tree):
        if node["type"] != "function_expression":
            continue
        name, given = node["value"], len(node["children"])
        known = Functions.FUNCTION_TABLE.get(name)
        if known is None:
            meant = nearest(name, Functions.FUNCTION_TABLE, "JMESPath lists its functions")
            yield f"there is no function {name[:100]!r}; {meant}"
            continue
        takes = len(known["signature"])
        variadic = known["signature"][-1].get("variadic", False)
        if given < takes or (given > takes and not variadic):
            wants = f"{takes}{' or more' if variadic else ''} argument{'s' * (takes > 1)}"
            yield f"{name} takes {wants}, {given} {'is' if given == 1 else 'are'} given"


def _evaluated(tree: Mapping[str, Any], given: Any) -> Any:
    return _interpreter()(MAX_WORK).visit(tree, given)


@lru_cache(1)
def _interpreter() -> Any:
    """The library's own, which counts, and leaves letters as they are."""
    from jmespath.functions import Functions, signature
    from jmespath.visitor import Options, TreeInterpreter

    class Readable(Functions):  # type: ignore[misc]  # the library has no types
        @signature({"types": []})  # type: ignore[untyped-decorator]
        def _func_to_string(self, given: Any) -> str:
            return given if isinstance(given, str) else _encode(given).decode()

    class Counting(TreeInterpreter):  # type: ignore[misc]
        def __init__(self, left: int) -> None:
            super().__init__(Options(custom_functions=Readable()))
            self.left = left

        def visit(self, node: Any, *args: Any, **named: Any) -> Any:
            found = super().visit(node, *args, **named)
            self.left -= _weight(found, self.left)
            return found

    return Counting


def _weight(value: Any, most: int) -> int:
    """How many values it is made of. NOTE one that stands in it twice counts twice. Raises `Unshaped` beyond `most`."""
    weight, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        weight += 1
        if type(each) is str:
            weight += len(each) // _LONG
        elif type(each) is list:
            waiting += each
        elif type(each) is dict:
            waiting += each.values()
        if weight + len(waiting) > most:
            raise Unshaped(f"it takes more than {MAX_WORK:,} steps; make less of it")
    return weight
