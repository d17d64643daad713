"""The door for reads: `Show`, `History`, `Branches` and the like are asked like commands; the versions view answers.

The answer is an outcome that changed nothing, at the position at which it was read, with `answer` in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

import msgspec

from events.command import (
    QUESTIONS,
    AskBlame,
    AskBranches,
    AskDiff,
    AskHistory,
    AskImpact,
    AskSchedules,
    AskShow,
    AskShowAll,
    AskSubscriptions,
    AskType,
    AskView,
)
from events.findings import Finding, Refused
from events.names import Key
from events.objects.sealing import PURGED, SEALED, Closed
from gateways.commands import DEADLINE_HEADER, Question, seconds
from producers.receive import Address, question
from queries.blame import blame
from queries.branches import overview
from queries.cuts import Cut, cut_said
from queries.differences import Difference, difference, differences
from queries.folding import UnfoldContext, UnfoldLevel, folded, opened
from queries.freshness import Behind, Moving, at_least
from queries.gaps import Opens
from queries.impact import impact
from queries.objects import Shown, everything, objects, show
from queries.pages import page
from queries.schedules import NONE, Standings, schedule, schedules
from queries.subscriptions import subscriptions
from queries.timeline import history
from queries.versions import Versions

MAX_ANSWER_BYTES: Final = 1_000_000
_ON_THE_COMMAND_LINE: Final = {
    "Show": "oms show",
    "History": "oms history",
    "Blame": "oms blame",
    "ShowAll": "oms show --json",
    "Diff": "oms diff --json",
    "Impact": "oms schema impact",
    "Branches": "oms branch list",
    "Subscriptions": "oms webhook list",
    "Schedules": "oms schedule list",
}
_encode: Final = msgspec.json.Encoder().encode


class ViewUnreadable(Exception):
    """The view cannot be read now."""


Told = Callable[[Address, Sequence[Key]], Awaitable[None]]
"""Remembers who read encrypted values of which entities. Raises `OSError` where it cannot: then they are not shown."""


async def unheard(_to: Address, _read: Sequence[Key]) -> None:
    """For who keeps no audit."""


async def unplanned() -> Standings:
    """For who keeps no schedules."""
    return NONE


class ReadDoor:
    """`opened` gives the versions as they are now, `moving` how far they are; both raise `ViewUnreadable`.

    So does `standings`, which says how far schedules are.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Versions]],
        moving: Callable[[], Moving],
        clock: Callable[[], int],
        told: Told = unheard,
        standings: Callable[[], Awaitable[Standings]] = unplanned,
    ) -> None:
        self._opened, self._moving, self._clock, self._told = opened, moving, clock, told
        self._standings = standings

    @property
    def questions(self) -> dict[str, Question]:
        """For the command door."""
        return dict.fromkeys(_ON_THE_COMMAND_LINE, self.answer)

    async def answer(self, to: Address, headers: Mapping[str, str], payload: bytes) -> bytes:
        """Never raises for what a client can do wrong."""
        identity = ""
        try:
            identity, asked = question(to, payload, QUESTIONS[to.type])
            assert isinstance(asked, AskView)
            if asked.min_position:
                await self._wait(asked.min_position, seconds(headers.get(DEADLINE_HEADER)))
            standings = await self._standings() if isinstance(asked, AskSchedules) else NONE
            answer, read = await asyncio.to_thread(self._read, to, asked, standings)
            if read:
                await self._told(to, read)
        except Refused as refused:
            return replied(identity, "rejected", 0, refused.findings)
        except ViewUnreadable as unreadable:
            return replied(identity, "rejected", 0, [Finding("UNAVAILABLE_VIEW", "", str(unreadable))])
        except OSError as unrecorded:
            text = f"nothing can remember that this was read: {unrecorded}"
            return replied(identity, "rejected", 0, [Finding("UNAVAILABLE_AUDIT", "", text)])
        return answered(identity, answer, f"read it with `{_ON_THE_COMMAND_LINE[to.type]}`")

    def _read(self, to: Address, asked: AskView, standings: Standings) -> tuple[dict[str, Any], list[Key]]:
        """The answer, and the entities of which encrypted values were opened for it."""
        with self._opened() as versions:
            read: dict[Key, None] = {}
            versions.opens = _noting(versions.opens, read)
            return self._answer(versions, to, asked, standings), list(read)

    def _answer(self, versions: Versions, to: Address, asked: AskView, standings: Standings) -> dict[str, Any]:
        if isinstance(asked, AskBranches):
            return overview(versions, deleted=asked.deleted)
        if isinstance(asked, AskDiff):
            return self._differing(versions, to, asked)
        assert isinstance(asked, AskType | AskShowAll | AskSubscriptions | AskSchedules)
        at: Cut = cut_said(versions, to.branch, asked.as_of, now=self._clock())
        match asked:
            case AskSubscriptions():
                found = subscriptions(at, deleted=asked.deleted)
                return {"position": at.position, "subscriptions": [each.json() for each in found]}
            case AskSchedules():
                if asked.schedule:
                    names = [schedule(at, asked.schedule, standings)]
                else:
                    names = schedules(at, standings, deleted=asked.deleted)
                return {"position": at.position, "schedules": [each.json(self._clock(), asked.next) for each in names]}
            case AskShowAll():
                shown = _several(at, asked)
                return {"position": at.position, "branch": at.branch} | page("entities", shown, asked.limit)
            case _:
                return _of_type(at, asked)

    def _differing(self, versions: Versions, to: Address, asked: AskDiff) -> dict[str, Any]:
        now, on = self._clock(), asked.from_branch or to.branch
        start = asked.from_moment or ("base" if on == to.branch else "now")
        before = cut_said(versions, on, start, now=now, at="/from")
        after = cut_said(versions, to.branch, asked.to_moment, now=now, at="/to")
        if asked.type is None:
            found: Iterable[Difference] = differences(before, after, asked.after)
        else:
            found = difference(before, after, asked.type, asked.key)
        ends = {"from": before, "to": after}
        head = {name: {"branch": end.branch, "position": end.position} for name, end in ends.items()}
        return {"position": after.position} | head | page("differences", found, asked.limit)

    async def _wait(self, position: int, within: float) -> None:
        found = await at_least(self._moving(), position, within=within)
        if isinstance(found, Behind):
            text = f"the view versions is at position {found.position}, not yet at {found.wanted}"
            raise ViewUnreadable(text)


def _shown(at: Cut, asked: AskShow) -> dict[str, Any]:
    shown = show(at, asked.type, asked.key)
    if asked.fold is None and asked.open is None:
        return shown.json()
    path = asked.open or ""
    if asked.fold is None:
        return shown.part(path, opened(at, shown, path, MAX_ANSWER_BYTES))
    level = UnfoldLevel(asked.fold)
    most = UnfoldContext.of(level).bytes or MAX_ANSWER_BYTES
    context = UnfoldContext.of(level, bytes=min(most, MAX_ANSWER_BYTES // 2))
    return shown.part(path, folded(at, shown, context, path))


def _of_type(at: Cut, asked: AskType) -> dict[str, Any]:
    match asked:
        case AskShow():
            return _shown(at, asked)
        case AskHistory():
            return history(at, asked.type, asked.key).json()
        case AskBlame():
            return blame(at, asked.type, asked.key).json()
        case AskImpact():
            return impact(at, asked.type, asked.property).json()
    raise TypeError(type(asked))


def _several(at: Cut, asked: AskShowAll) -> Iterator[Shown]:
    if asked.type is None:
        return everything(at, deleted=asked.deleted, after=asked.after)
    return objects(at, asked.type, deleted=asked.deleted, after=asked.after)


def _noting(opens: Opens, read: dict[Key, None]) -> Opens:
    def opened(closed: Closed, entity: Key, path: str) -> Any:
        shown = opens(closed, entity, path)
        if shown not in (SEALED, PURGED):
            read[entity] = None
        return shown

    return opened


def answered(command: str, answer: Mapping[str, Any], otherwise: str) -> bytes:
    """What was asked for, with the `position` it was read at; a refusal where it does not fit, with what to do."""
    reply = replied(command, "unchanged", answer["position"], [], answer)
    if len(reply) <= MAX_ANSWER_BYTES:
        return reply
    text = f"the answer has {len(reply):,} bytes, at most {MAX_ANSWER_BYTES:,} fit; {otherwise}"
    return replied(command, "rejected", 0, [Finding("COMMAND_ANSWER_TOO_LARGE", "", text)])


def replied(
    command: str, status: str, position: int, findings: list[Finding] | tuple[Finding, ...], answer: Any = None
) -> bytes:
    """An `events.findings.Answer` as JSON."""
    listed = [{"code": f.code, "path": f.path, "text": f.text} for f in findings]
    outcome = {"command": command, "status": status, "position": position, "events": [], "findings": listed}
    return _encode(outcome | {"answer": answer})
