"""A moment is how people say when: it is read once, and resolved once to the position of a commit's end.

now · base · 1234 or position:1234 · commit:9f8a3c or 9f8a3c1… · tag:v1 · 2013-01-01 · 2013-01-01T12:00:00.5+09:00

A commit's time is its first event's. An instant means the last commit at or before it, a position the commit that
holds it: so AS OF an event's time and AS OF its position are the same. Before the first commit there is nothing.
"""

import re
from dataclasses import dataclass
from typing import Final, assert_never

from events.branches.branch_rules import tag_key
from events.branches.lineage import FOREVER
from events.findings import Finding, Refused
from events.names import ONTOLOGY_SCOPE, TAG
from events.wire.instants import NotAnInstant, from_text, to_text
from queries.versions import Commit, Versions

EXAMPLES: Final = "now, base, 1234, position:1234, commit:9f8a3c, tag:v1, 2013-01-01, 2013-01-01T12:00:00.5+09:00"
MIN_BARE_COMMIT: Final = 7  # hexadecimal digits without `commit:` before them

_POSITION: Final = re.compile(r"(?:position:)?([0-9]{1,19})", re.IGNORECASE)
_COMMIT: Final = re.compile(
    rf"commit:([0-9a-f]{{1,64}})|(?=[0-9]*[a-f])([0-9a-f]{{{MIN_BARE_COMMIT},64}})", re.IGNORECASE
)
_TAG: Final = re.compile(rf"tag:({TAG.pattern})", re.IGNORECASE)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:[.,]\d+)?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Now:
    """Everything the view has."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where the branch left its parent; the whole log's beginning for a branch without one."""


@dataclass(frozen=True, slots=True)
class AtPosition:
    position: int


@dataclass(frozen=True, slots=True)
class AtCommit:
    prefix: str


@dataclass(frozen=True, slots=True)
class AtTag:
    name: str


@dataclass(frozen=True, slots=True)
class AtInstant:
    instant: int  # µs since the epoch


AS_OF: Final = "/asOf"
"""Where a moment stands in most questions."""

Moment = Now | Base | AtPosition | AtCommit | AtTag | AtInstant


def moment(text: str) -> Moment:
    """What `text` says. A date means 00:00:00Z; an instant without an offset is UTC. Raises `Refused` (TIME_UNPARSABLE)."""
    text = text.strip()
    if text.lower() in ("now", ""):
        return Now()
    if text.lower() == "base":
        return Base()
    if match := _POSITION.fullmatch(text):
        return AtPosition(int(match[1]))
    if match := _COMMIT.fullmatch(text):
        return AtCommit((match[1] or match[2]).lower())
    if match := _TAG.fullmatch(text):
        return AtTag(match[1])
    return AtInstant(_instant(text))


def resolved(asked: Moment, versions: Versions, *, now: int, base: int = 0) -> int:
    """The position of the end of a commit, 0 = before the first. `now` in µs; `base` = the branch's.

    Raises `Refused` with TIME_IN_FUTURE, TIME_NOT_YET_READABLE, TIME_COMMIT_UNKNOWN, TIME_COMMIT_AMBIGUOUS or
    TIME_TAG_UNKNOWN.
    """
    match asked:
        case Now():
            return versions.position()
        case Base():
            return base
        case AtPosition(position):
            return _of_position(position, versions)
        case AtCommit(prefix):
            return _of_commit(prefix, versions)
        case AtTag(name):
            return _of_tag(name, versions)
        case AtInstant(instant):
            return _of_instant(instant, versions, now)
        case _:
            assert_never(asked)


def _instant(text: str) -> int:
    try:
        if _DATE.fullmatch(text):
            return from_text(f"{text}T00:00:00Z")
        if match := _INSTANT.fullmatch(text):
            date, minute, second, offset = match.groups()
            return from_text(f"{date}T{minute}{(second or ':00').replace(',', '.')}{_offset(offset)}")
    except NotAnInstant as error:
        raise _refused("TIME_UNPARSABLE", str(error)) from None
    raise _refused("TIME_UNPARSABLE", f"{text[:64]!r} names no moment; write one of {EXAMPLES}")


def _offset(text: str | None) -> str:
    if text is None or text in "Zz":
        return "Z"
    digits = text[1:].replace(":", "").ljust(4, "0")
    return f"{text[0]}{digits[:2]}:{digits[2:]}"


def _of_position(position: int, versions: Versions) -> int:
    if position > (head := versions.position()):
        raise _refused(
            "TIME_NOT_YET_READABLE",
            f"position {position} is not in the view, which is at {head}; for a date write YYYY-MM-DD",
        )
    commit = versions.commit_by_position(position)
    return commit.last if commit else 0


def _of_commit(prefix: str, versions: Versions) -> int:
    match list(versions.commits_by_id(prefix, 3)):
        case []:
            raise _refused("TIME_COMMIT_UNKNOWN", f"no commit's id starts with {prefix}")
        case [commit]:
            return commit.last
        case several:
            raise _refused("TIME_COMMIT_AMBIGUOUS", f"{prefix} could be any of {_listed(several)}; write more digits")


def _of_tag(name: str, versions: Versions) -> int:
    tag = versions.at(ONTOLOGY_SCOPE, tag_key(name), FOREVER)
    if tag is None:
        raise _refused("TIME_TAG_UNKNOWN", f"there is no tag {name}")
    position: int = tag.state["position"]
    return position


def _of_instant(instant: int, versions: Versions, now: int) -> int:
    commit = versions.commit_by_time(instant)
    if instant > now:
        head = versions.commit_by_position(versions.position())
        if head is None or instant > head.time:  # a writer's clock may be ahead of the reader's
            raise _refused("TIME_IN_FUTURE", f"{to_text(instant)} has not come yet; it is {to_text(now)}")
    return commit.last if commit else 0


def _listed(commits: list[Commit]) -> str:
    shown = ", ".join(f"{commit.id[:12]}… (position {commit.last})" for commit in commits[:2])
    return shown + (", …" if len(commits) > 2 else "")


def _refused(code: str, text: str) -> Refused:
    return Refused([Finding(code, AS_OF, text)])
