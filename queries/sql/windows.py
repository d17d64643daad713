"""From what is said of a system time to positions: the cut at its end, and where it begins. Each moment is resolved once.

AS OF x           valid at x                        BETWEEN x AND y   valid at some moment of [x, y]
FROM x TO y       valid at some moment of [x, y)    ALL               every version, deletions too
"""

from dataclasses import dataclass, field, replace
from typing import assert_never

from events.wire.instants import to_text
from queries.cuts import Cut, cut
from queries.moments import AtInstant, Moment, Now, moment
from queries.sql.findings import placed
from queries.sql.when import Always, AsOf, Between, FromTo, Said, Span
from queries.versions import Versions


@dataclass(frozen=True, slots=True)
class Window:
    """Versions that were current at some position from `low` to that of the cut; none of them where it is `empty`."""

    cut: Cut
    low: int
    every: bool = False  # also those that say that something is deleted
    empty: bool = False

    @property
    def point(self) -> bool:
        return self.low == self.cut.position and not self.every

    def nothing(self) -> "Window":
        return replace(self, empty=True)

    def later(self, low: int) -> "Window":
        """What was current at `low` or later."""
        return replace(self, low=max(self.low, low))


@dataclass(slots=True)
class Windows:
    """`branch` and `as_of` hold where a table says nothing; `now` in µs."""

    versions: Versions
    branch: str
    as_of: str
    now: int
    _cuts: dict[tuple[str, Moment], Cut] = field(default_factory=dict)

    def window(self, span: Span | None, on: Said | None = None) -> Window:
        """Raises `Refused` with BRANCH_UNKNOWN or TIME_…, and the place where the moment is said."""
        branch = self.branch if on is None else on.text
        if on is not None:
            with placed(on.place):
                self._cut(branch, self.as_of)
        match span:
            case None:
                return self._point(self._cut(branch, self.as_of))
            case AsOf(at):
                return self._point(self._at(branch, at))
            case Always():
                return Window(self._cut(branch, self.as_of), 0, every=True)
            case Between(start, end):
                first, last = self._at(branch, start), self._at(branch, end)
                return Window(last, first.position, empty=self._behind(start, end, first, last))
            case FromTo(start, end):
                return self._from_to(branch, start, end)
            case _:
                assert_never(span)

    @property
    def position(self) -> int:
        """Where the query as a whole reads."""
        return self._cut(self.branch, self.as_of).position

    def time(self, cut: Cut) -> str | None:
        """When the last commit of the cut was made."""
        commit = self.versions.commit_by_position(cut.position)
        return to_text(commit.time) if commit else None

    def newest(self, branch: str) -> Cut:
        """All that there is of it."""
        return self._cut(branch, "now")

    def stretch(self, span: Span | None, on: Said | None = None) -> tuple[int, Cut]:
        """Of what is written once and stays: the first position, and the cut at the last one."""
        window = self.window(span, on)
        match span:
            case Between(start, _) | FromTo(start, _):
                first = self._begin(start, self._at(window.cut.branch, start))
                return (window.cut.position + 1 if window.empty else first), window.cut
        return 1, window.cut

    def _begin(self, start: Said, at: Cut) -> int:
        """The first position of a moment: of its commit, or of the first one at or after an instant."""
        asked = moment(start.text)
        if isinstance(asked, AtInstant):
            before = self.versions.commit_by_time(asked.instant - 1)
            return before.last + 1 if before else 1
        commit = self.versions.commit_by_position(at.position)
        return commit.first if commit else 1

    def _from_to(self, branch: str, start: Said, end: Said) -> Window:
        first, last = self._at(branch, start), self._at(branch, end)
        before = self._before(end, last)
        empty = before < 0 or self._behind(start, end, first, last) or self._same(start, end, first, last)
        return Window(self._cut(branch, str(max(before, 0))), first.position, empty=empty)

    def _before(self, end: Said, last: Cut) -> int:
        """The last position before a moment, which now is later than; -1 if there is none."""
        asked = moment(end.text)
        if isinstance(asked, Now):
            return last.position
        if isinstance(asked, AtInstant):
            commit = self.versions.commit_by_time(asked.instant - 1)
            return commit.last if commit else 0
        commit = self.versions.commit_by_position(last.position)
        return commit.first - 1 if commit else -1

    def _behind(self, start: Said, end: Said, first: Cut, last: Cut) -> bool:
        one, other = moment(start.text), moment(end.text)
        if isinstance(one, AtInstant) and isinstance(other, AtInstant):
            return one.instant > other.instant
        return first.position > last.position

    def _same(self, start: Said, end: Said, first: Cut, last: Cut) -> bool:
        one, other = moment(start.text), moment(end.text)
        if isinstance(one, AtInstant) and isinstance(other, AtInstant):
            return one.instant == other.instant
        if isinstance(other, Now):
            return isinstance(one, Now)
        return first.position >= last.position

    def _point(self, at: Cut) -> Window:
        return Window(at, at.position)

    def _at(self, branch: str, said: Said) -> Cut:
        with placed(said.place):
            return self._cut(branch, said.text)

    def _cut(self, branch: str, text: str) -> Cut:
        asked = moment(text)
        if (branch, asked) not in self._cuts:
            self._cuts[branch, asked] = cut(self.versions, branch, asked, now=self.now)
        return self._cuts[branch, asked]
