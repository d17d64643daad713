"""What a query says of time: of each table at most one system time, one valid time and one branch."""

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Where something stands in the text, from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Said(NamedTuple):
    """A moment as `queries.moments.moment` reads it, and where it is said."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class AsOf:
    at: Said


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends included."""

    start: Said
    end: Said


@dataclass(frozen=True, slots=True)
class FromTo:
    """The end left out."""

    start: Said
    end: Said


@dataclass(frozen=True, slots=True)
class Always:
    """Every version, also those that say that something is deleted."""


Span = AsOf | Between | FromTo | Always


@dataclass(frozen=True, slots=True)
class When:
    """`system`: when it was known; `valid`: when it is true; what is not said is as the whole query has it."""

    system: Span | None = None
    valid: Span | None = None
    branch: Said | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A table as a query names it."""

    name: str
    when: When
    place: Place
