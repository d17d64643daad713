"""GraphQL as text: operations, fields with arguments, values. As much of the language as was recorded."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r'\s*(?:(?P<name>[_A-Za-z]\w*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<mark>[{}()\[\]:!$=,]))'
)


class SyntaxFault(Exception):
    """`column` counts from 1."""

    def __init__(self, text: str, column: int) -> None:
        self.text, self.column = text, column
        super().__init__(text)


class Enumerated(str):
    """A word that stands where a value may."""

    __slots__ = ()


@dataclass
class Field:
    name: str
    alias: str
    column: int
    arguments: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)  # of the arguments
    fields: list = field(default_factory=list)


@dataclass
class Operation:
    kind: str
    name: str
    variables: dict  # name to (type, column)
    fields: list


def operations(text: str, given: dict) -> list[Operation]:
    """All that a document holds; `given` are the values of variables."""
    words = _Words(text, given)
    found = []
    while not words.done:
        found.append(words.operation())
    return found


class _Words:
    def __init__(self, text: str, given: dict) -> None:
        self.text, self.given, self.at = text, given, 0

    @property
    def done(self) -> bool:
        return not self.text[self.at :].strip()

    def peek(self) -> str:
        if self.done:
            raise SyntaxFault("Unexpected end of input", len(self.text.rstrip()) + 1)
        found = _TOKEN.match(self.text, self.at)
        return found.group().strip() if found else ""

    def take(self, wanted: str = "") -> tuple[str, int]:
        word = self.peek()
        found = _TOKEN.match(self.text, self.at)
        if not found or (wanted and word != wanted):
            raise SyntaxFault(f"Unexpected {word!r}", self.at + 1)
        column = found.end() - len(word) + 1
        self.at = found.end()
        return word, column

    def operation(self) -> Operation:
        kind, name, variables = "query", "", {}
        if self.peek() != "{":
            kind = self.take()[0]
            if self.peek() not in ("{", "("):
                name = self.take()[0]
            if self.peek() == "(":
                variables = self._variables()
        return Operation(kind, name, variables, self._fields())

    def _variables(self) -> dict:
        self.take("(")
        found = {}
        while self.peek() != ")":
            _, column = self.take("$")
            name = self.take()[0]
            self.take(":")
            of = ""
            while self.peek() not in (")", "$", ","):
                of += self.take()[0]
            found[name] = (of, column)
            if self.peek() == ",":
                self.take()
        self.take(")")
        return found

    def _fields(self) -> list[Field]:
        self.take("{")
        found = []
        while self.peek() != "}":
            if self.peek() == ",":
                self.take()
                continue
            name, column = self.take()
            alias = name
            if self.peek() == ":":
                self.take()
                name, column = self.take()
            each = Field(name, alias, column)
            if self.peek() == "(":
                self._arguments(each)
            if self.peek() == "{":
                each.fields = self._fields()
            found.append(each)
        self.take("}")
        return found

    def _arguments(self, each: Field) -> None:
        self.take("(")
        while self.peek() != ")":
            if self.peek() == ",":
                self.take()
                continue
            name = self.take()[0]
            self.take(":")
            self.peek()
            each.columns[name] = _TOKEN.match(self.text, self.at).end() - len(self.peek()) + 1
            each.arguments[name] = self._value()
        self.take(")")

    def _value(self):
        word, _ = self.take()
        if word == "$":
            return self.given.get(self.take()[0])
        if word == "[":
            items = []
            while self.peek() != "]":
                if self.peek() == ",":
                    self.take()
                    continue
                items.append(self._value())
            self.take("]")
            return items
        if word == "{":
            made = {}
            while self.peek() != "}":
                if self.peek() == ",":
                    self.take()
                    continue
                name = self.take()[0]
                self.take(":")
                made[name] = self._value()
            self.take("}")
            return made
        if word[0] == '"':
            return word[1:-1].encode().decode("unicode_escape") if "\\" in word else word[1:-1]
        if word in ("true", "false"):
            return word == "true"
        return Enumerated(word) if word[0].isalpha() or word[0] == "_" else float(word) if "." in word else int(word)
