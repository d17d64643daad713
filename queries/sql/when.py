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

    def __str__(self) -> str:
        return f"AS OF {self.at.text}"


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends included."""

    start: Said
    end: Said

    def __str__(self) -> str:
        return f"BETWEEN {self.start.text} AND {self.end.text}"


@dataclass(frozen=True, slots=True)
class FromTo:
    """The end left out."""

    start: Said
    end: Said

    def __str__(self) -> str:
        return f"FROM {self.start.text} TO {self.end.text}"


@dataclass(frozen=True, slots=True)
class Always:
    """Every version, also those that say that something is deleted."""

    def __str__(self) -> str:
        return "ALL"


Span = AsOf | Between | FromTo | Always


@dataclass(frozen=True, slots=True)
class When:
    """`system`: when it was known; `valid`: when it is true; what is not said is as the whole query has it."""

    system: Span | None = None
    valid: Span | None = None
    branch: Said | None = None

    def __str__(self) -> str:
        """As it would be written."""
        branch = f"AS OF BRANCH {self.branch.text}" if self.branch else ""
        system = f"FOR SYSTEM_TIME {self.system}" if self.system else ""
        valid = f"FOR VALID_TIME {self.valid}" if self.valid else ""
        return " ".join(said for said in (branch, system, valid) if said)


@dataclass(frozen=True, slots=True)
class Reference:
    """A table as a query names it."""

    name: str
    when: When
    place: Place
