"""Keeps schedules: plans what changed and what rings, and sees to it that each run is sent and answered."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from typing import Final

from events.schedules.planning import Known, Standing, due, plan, ring
from events.schedules.running import Run
from workers.patiently import Alarm, until_it_works
from workers.scheduling.lanes import Lanes
from workers.scheduling.ports import Directory, Rings, Rung, Runs, Send
from workers.scheduling.tally import Tally

AT_ONCE: Final = 128  # commands under way
TOGETHER: Final = 500  # schedules that are planned and noted together
MICROS: Final = 1_000_000
LOOK_SECONDS: Final = 60.0  # at the longest: a clock that is set goes on otherwise than time


class Scheduler:
    """`run` it as a task; cancelled at any time it loses nothing. `clock` in µs since the epoch."""

    def __init__(
        self,
        directory: Directory,
        rings: Rings,
        runs: Runs,
        send: Send,
        clock: Callable[[], int],
        alarm: Alarm,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.directory, self.rings, self.runs = directory, rings, runs
        self.position = 0  # up to there facts of schedules were dealt with
        self.known: dict[str, Known] = {}  # by RID, as are all of these
        self.standings: dict[str, Standing] = {}
        self.lanes = Lanes()
        self.tally = Tally()
        self._send, self._clock, self._alarm, self._rest = send, clock, alarm, rest
        self._next: list[tuple[int, str]] = []  # a heap: when each is due
        self._armed: set[int] = set()
        self._named: dict[str, str] = {}  # RIDs by name
        self._ended: list[Run] = []
        self._more, self._sooner = asyncio.Event(), asyncio.Event()
        self._gate = asyncio.Lock()  # held while schedules are planned: as they are then, and one after the other
        self._tasks = asyncio.TaskGroup()

    def overdue(self) -> float:
        """Seconds since the first schedule that has not begun to run was due; 0 where none is."""
        return max(self._clock() - self._next[0][0], 0) / MICROS if self._next else 0.0

    async def run(self) -> None:
        """Until cancelled."""
        async with self._tasks as tasks:
            await self._until_it_works("schedules", self._begin)
            for what, work in (
                ("schedules", self._watch),
                ("rings of schedules", self._hear),
                ("schedules", self._look),
                ("runs of schedules", self._note),
                *[("schedules", self._work)] * AT_ONCE,
            ):
                tasks.create_task(self._for_ever(what, work))

    async def _for_ever(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._until_it_works(what, work)

    async def _until_it_works(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        await until_it_works(what, work, self._alarm, self._rest)

    async def _begin(self) -> None:
        """What was not answered is sent again; what changed or is due is planned; what is not armed any more is armed."""
        self.standings = dict(await self.runs.standings())
        position = await self.directory.end()
        found = await self.directory.known(0, position)
        self._armed = set(await self.rings.armed())
        if not self.lanes.open:  # else this is begun anew, and they are on their way
            for each in await self.runs.unanswered():
                self.lanes.start(each, overlapping=False)
        now = self._clock()
        if found and not self.standings:
            await self._recover(found, position, now)
        self._know(found)
        async with self._gate:
            await self._settle([each for each in found if not self._as_planned(each, now)])
        self._wait_for(found)
        wanted = {ring(time) for time, _ in self._next}
        for time in self._armed - wanted:
            await self.rings.cancel(time)
        await self.rings.arm(wanted - self._armed)
        self._armed = wanted
        self.position = position

    async def _recover(self, found: Sequence[Known], position: int, now: int) -> None:
        """The store may be new, or have been lost: then nothing runs again."""
        recovered = await self.directory.recovered(found, position, now)
        standings = {str(known.state["id"]): each.standing for known, each in zip(found, recovered, strict=False)}
        if recovered:
            await self.runs.note([run for each in recovered for run in each.runs], standings)
            self.standings = standings

    def _as_planned(self, known: Known, now: int) -> bool:
        standing = self.standings.get(str(known.state["id"]))
        if standing is None or standing.version != known.version or standing.asked != known.state["asked"]:
            return False
        time = due(known.state, standing)
        return time is None or time > now

    async def _watch(self) -> None:
        position = await self.directory.changed(self.position)
        found = await self.directory.known(self.position, position)
        async with self._gate:
            await self._settle(found)
        self.position = position

    async def _look(self) -> None:
        """At what is due, when it is: a server rings up to a quarter of a second late, at least that far apart."""
        self._sooner.clear()
        wait = min((self._next[0][0] - self._clock()) / MICROS, LOOK_SECONDS) if self._next else LOOK_SECONDS
        if wait > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._sooner.wait()
        else:
            await self._answer([])

    async def _hear(self) -> None:
        """NOTE it is also looked when nothing has rung for a while: a server that forgot delays runs, and loses none."""
        await self._answer(await self.rings.take())

    async def _answer(self, rung: Sequence[Rung]) -> None:
        now = self._clock()
        for each in rung:
            if each.time > now:  # the server's clock goes before ours
                self._tasks.create_task(self._early(each, each.time - now))
            else:
                self._armed.discard(each.time)
        async with self._gate:
            ripe = self._ripe(now)
            try:
                while ripe:
                    await self._settle(ripe[:TOGETHER])
                    del ripe[:TOGETHER]
            except BaseException:
                self._wait_for(ripe)
                raise
        for each in rung:
            if each.time <= now:
                with suppress(ConnectionError):  # then it comes again, and nothing is due
                    await each.done()

    async def _early(self, rung: Rung, micros: int) -> None:
        await self._rest(micros / MICROS)
        await self._until_it_works("rings of schedules", lambda: self._answer([rung]))

    def _ripe(self, now: int) -> list[Known]:
        """Taken from those that wait."""
        ripe: dict[str, Known] = {}
        while self._next and self._next[0][0] <= now:
            time, identity = heappop(self._next)
            known, standing = self.known.get(identity), self.standings.get(identity)
            if known is not None and standing is not None and due(known.state, standing) == time:
                ripe[identity] = known  # else it is changed, over, or dealt with already
        return list(ripe.values())

    def _wait_for(self, found: Iterable[Known]) -> set[int]:
        """When these are due; the times at which that rings."""
        times = set()
        for each in found:
            identity = str(each.state["id"])
            standing = self.standings.get(identity)
            time = None if standing is None else due(each.state, standing)
            if time is not None:
                heappush(self._next, (time, identity))
                times.add(ring(time))
        self._sooner.set()
        return times

    async def _settle(self, found: Sequence[Known]) -> None:
        """Plan these, note it, arm what comes next, begin what is due; in this order. To be called within the gate."""
        now = self._clock()
        plans = {str(each.state["id"]): plan(each, self.standings.get(str(each.state["id"])), now) for each in found}
        begun = [
            run for each in found for run in self.lanes.admitted(each.state, plans[str(each.state["id"])].runs, now)
        ]
        missed = [each.missed for each in plans.values() if each.missed is not None]
        standings = {identity: each.standing for identity, each in plans.items()}
        changed = {identity: each for identity, each in standings.items() if self.standings.get(identity) != each}
        if begun or missed or changed:
            await self.runs.note([*begun, *missed], changed)
        self.standings |= changed
        self._know(found)
        self.tally.ended([*missed, *(each for each in begun if each.status == "skipped")])
        times = self._wait_for(found)
        await self._until_it_works("rings of schedules", lambda: self.rings.arm(times - self._armed))
        self._armed |= times
        for each in begun:
            if each.status == "running":
                overlapping = self.known[each.schedule].state["overlap"] == "allow"
                self.lanes.start(each, overlapping=overlapping)

    def _know(self, found: Iterable[Known]) -> None:
        """One whose name was given to another is over."""
        for each in found:
            identity, name = str(each.state["id"]), str(each.state["name"])
            before = self._named.get(name, identity)
            if before != identity:
                self.known.pop(before, None)
            self.known[identity], self._named[name] = each, identity

    async def _work(self) -> None:
        run = await self.lanes.next()
        run = run._replace(begun=self._clock())
        answers: list[Run] = []

        async def sent() -> None:
            answer = await self._send(run)
            answers.append(
                run._replace(
                    status=answer.status, position=answer.position, findings=answer.findings, ended=self._clock()
                )
            )

        await self._until_it_works(f"run {run.id}", sent)
        self._ended += answers
        self._more.set()
        self.lanes.answered(run)

    async def _note(self) -> None:
        await self._more.wait()
        self._more.clear()
        ended = list(self._ended)
        try:
            await self.runs.note(ended, {})
        except BaseException:
            self._more.set()
            raise
        del self._ended[: len(ended)]
        self.tally.ended(ended)
