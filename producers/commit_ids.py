"""Computes each commit's id again from its events alone, as they pass: what it follows, who made it, when, why and what.

Needs the whole log from its beginning; behind a gap, or what is no event, nothing more can be said.
"""

from array import array
from bisect import bisect_right
from collections import defaultdict
from typing import Any, Final

import msgspec

from events.branches.forks import Forks, fork_of
from events.branches.lineage import FOREVER
from events.branches.parents import further_parents
from events.wire import commit_message
from security import chain

_BYTES: Final = 32  # of an id


class _Fact(msgspec.Struct):
    """As much of an event as its commit's id is made of."""

    type: str
    subject: str
    time: str
    branch: str
    commitid: str
    commitindex: int
    commitsize: int
    author: str
    data: msgspec.Raw
    commitmessage: str | None = None


class CommitIds:
    """`see` every body in position order; some 40 bytes of memory for each commit."""

    def __init__(self) -> None:
        self._forks = Forks()
        self._lasts: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))  # of the commits of each branch
        self._ids: defaultdict[str, bytearray] = defaultdict(bytearray)
        self._open: list[_Fact] = []
        self._blind = False

    def see(self, position: int, body: bytes) -> str | None:
        """The id that the commit should have, if it ends here and has another one."""
        fact = None if self._blind else _read(body)
        if fact is None or fact.commitindex != len(self._open):
            self.stop()
            return None
        self._open.append(fact)
        if fact.commitindex < fact.commitsize - 1:
            return None
        events, self._open = self._open, []
        expected = self._id(events)
        self._keep(position, events, bytes.fromhex(fact.commitid))
        return None if all(each.commitid == expected for each in events) else expected

    def stop(self) -> None:
        """Something is missing, so nobody knows what later commits follow."""
        self._blind = True
        self._open = []

    def _id(self, events: list[_Fact]) -> str:
        first = events[0]
        moves = [(e.type, _decoded(e)) for e in events if e.subject.startswith("branch/")]
        others = further_parents(moves)
        parents = [
            self._newest(first.branch, FOREVER),
            *(o if isinstance(o, str) else self._newest(*o) for o in others),
        ]
        return chain.commit_id(
            list(dict.fromkeys(filter(None, parents))), first.author, first.time,
            commit_message.from_attribute(first.commitmessage),
            [(e.type, e.subject, chain.body_hash(bytes(e.data))) for e in events],
        )  # fmt: skip

    def _newest(self, branch: str, at: int) -> str | None:
        for name, _, until in self._forks.lineage(branch, at):
            before = bisect_right(self._lasts[name], until)
            if before:
                return self._ids[name][(before - 1) * _BYTES : before * _BYTES].hex()
        return None

    def _keep(self, position: int, events: list[_Fact], identity: bytes) -> None:
        branch = events[0].branch
        self._lasts[branch].append(position)
        self._ids[branch] += identity
        for at, each in enumerate(events, position - len(events) + 1):
            fork = fork_of(each.type, _decoded(each)) if each.subject.startswith("branch/") else None
            if fork:
                self._forks.add(at, fork)


def _decoded(fact: _Fact) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(fact.data)
    return data


def _read(body: bytes) -> _Fact | None:
    try:
        return _fact.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


_fact: Final = msgspec.json.Decoder(_Fact)
