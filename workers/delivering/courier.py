"""The lane along the log: each event to those endpoints that want it, as long as they take it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, NamedTuple, Protocol

from events.decider import State
from events.filters.candidate import Candidate
from events.filters.dialects import Test
from events.subscriptions.expunging import EXPUNGED
from events.subscriptions.index import Selection, SubscriptionIndex, wanted
from events.subscriptions.letters import Deferred, Due, Letter, Standing, Try, batch
from events.subscriptions.reports import REPORTED
from events.subscriptions.retrying import SCHEDULE
from events.wire.envelope import proven
from workers.delivering.endpoint import Endpoint
from workers.delivering.expunging import expunge, is_asked
from workers.delivering.judging import judging
from workers.delivering.ports import Deliveries, Log, Timer
from workers.delivering.repeating import repeat
from workers.delivering.replaying import carry_again, letter_of, letters_of
from workers.delivering.reporting import Desk, Reporter
from workers.delivering.sent import Send, Sent
from workers.delivering.shares import Shares
from workers.delivering.tools import Tools
from workers.patiently import Alarm, until_it_works

CLOSE: Final = 5_000  # events behind the foremost endpoint from which the lane begins; others catch up by themselves
NOTE_SECONDS: Final = 0.2
UNNOTED: Final = 10_000  # tries: nothing is sent while so many are not written down
HELD_SECONDS: Final = 2.0  # a reading of the log for an endpoint that has no room
_CHANGES: Final = ("subscription/", "objectType/")


class Selected(NamedTuple):
    """`since`: where it was registered; events from there on are carried to it. `before`: ids of others that had its name."""

    selection: Selection
    since: int
    before: tuple[str, ...] = ()


class Directory(Protocol):
    async def selected(self, position: int) -> Sequence[Selected]:
        """All subscriptions that are not over, as of `position` or later, and those that are of whose tries something is to go."""


class Courier:
    """`run` it as a task; cancelled at any time it loses nothing: what was not noted is sent once more.

    `rate`: events a second to all endpoints together, 0 = as many as they take; `schedule`: s before
    the second try, the third …, of subscriptions that name none.
    """

    def __init__(
        self,
        feed: Log,
        directory: Directory,
        deliveries: Deliveries,
        timer: Timer,
        desk: Desk,
        send: Send,
        clock: Callable[[], float],
        alarm: Alarm,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        unnoted: int = UNNOTED,
        rate: int = 0,
        schedule: Sequence[int] = SCHEDULE,
    ) -> None:
        self.feed, self.directory, self.deliveries, self.timer = feed, directory, deliveries, timer
        self.position = 0
        self.endpoints: dict[str, Endpoint] = {}  # by name
        self._ended: dict[str, Endpoint] = {}  # by id: over, and something of their tries is to go
        self._former: dict[str, tuple[str, ...]] = {}  # by name: ids that had it before
        self._index = SubscriptionIndex(())
        self._selections: dict[str, Selection] = {}
        self._known: dict[str, Standing] = {}
        self._tries: list[Try] = []
        self._waits: list[Deferred] = []
        self._over: list[tuple[str, int]] = []
        self._unnoted, self._notable = unnoted, asyncio.Event()
        self._notable.set()
        self._tasks = asyncio.TaskGroup()
        self._gate = asyncio.Lock()  # held while the lane moves
        self._clock, self._alarm, self._rest, self._send = clock, alarm, rest, send
        self._tools = Tools(
            self._sent, self._later, self._remember, self._waits.append, self._over.append, Reporter(desk, self._see_to, rest),
            Shares(rate, clock, rest, self._tasks.create_task), self._tasks.create_task, clock, chance, rest, schedule,
        )  # fmt: skip

    async def run(self) -> None:
        """Until cancelled."""
        self._known = dict(await self.deliveries.standings())
        async with self._tasks as tasks:
            async with self._gate:
                await self._reload(0)
                self.position = _beginning(self.endpoints.values(), await self.feed.last())
                self._place()
            for what, work in (
                ("webhooks", self._lane),
                ("timer of webhooks", self._repeat),
                ("log of webhooks", self._note),
            ):
                tasks.create_task(self._for_ever(what, work))

    async def look_again(self) -> None:
        """Subscriptions are otherwise than they were, and no event says so."""
        async with self._gate:
            await self._reload(self.position)
            self._place()

    async def _for_ever(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._until_it_works(what, work)

    async def _until_it_works(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        await until_it_works(what, work, self._alarm, self._rest)

    async def _lane(self) -> None:
        async with aclosing(self.feed.read(self.position)) as chunks:
            async for chunk in chunks:
                async with self._gate:
                    for position, _, body in chunk:
                        await self._step(position, body)
                    self._all_seen()

    async def _step(self, position: int, body: bytes) -> None:
        event, _ = proven(body)
        for name, unjudged in self._index.judged(Candidate.of(event)).items():
            endpoint = self.endpoints[name]
            if not endpoint.joined or position <= endpoint.seen:  # read again for others
                continue
            if not endpoint.offer(Letter(position, event.id, body, unjudged=unjudged)):
                endpoint.joined, endpoint.seen = False, position - 1
                self._catch_up(endpoint)
        self.position = position
        if event.subject.startswith(_CHANGES):
            self._all_seen()
            await self._reload(position)
            self._place()

    def _all_seen(self) -> None:
        for endpoint in self.endpoints.values():
            if endpoint.joined:
                endpoint.seen = max(endpoint.seen, self.position)

    async def _reload(self, position: int) -> None:
        """Terms as they are now; who has others begins anew from where it is."""
        there = await self.directory.selected(position)
        found = [each for each in there if not each.selection.state.get("deleted")]
        self._former = {each.selection.name: each.before for each in there}
        self._selections = {each.selection.name: each.selection for each in found}
        self._index = SubscriptionIndex(
            [each.selection for each in found if each.selection.state["status"] == "active"]
        )
        before, self.endpoints = self.endpoints, {}
        for selection, since, _ in found:
            was = before.pop(selection.name, None)
            if was is not None and _terms(was.state) == _terms(selection.state):
                self.endpoints[selection.name] = was
                self._expunge(selection.state)
                continue
            standing = self._known.get(str(selection.state["id"]), Standing(since))
            if was is not None:
                was.end()
                was, standing = (was, was.standing) if was.id == selection.state["id"] else (None, standing)
            endpoint = self.endpoints[selection.name] = Endpoint(selection.state, standing, self._tools, was)
            self._see_to(endpoint.name, endpoint.ready)
            if endpoint.alive and selection.state.get("replay"):
                self._see_to(endpoint.name, partial(self._replayed, endpoint, selection))
            self._expunge(selection.state)
        for gone in before.values():
            gone.end()
        for over in (each for each in there if each.selection.state.get("deleted")):
            self._expunge_over(over.selection.state, over.since)

    def _expunge(self, state: State) -> None:
        name = str(state["name"])
        if is_asked(self.endpoints[name], state):
            self._see_to_expunging(state, lambda: self.endpoints.get(name))

    def _expunge_over(self, state: State, since: int) -> None:
        """Nothing is sent there any more; what is remembered of it goes all the same."""
        identity = str(state["id"])
        standing = self._known.get(identity, Standing(since))
        endpoint = self._ended.setdefault(identity, Endpoint(state, standing, self._tools))
        if is_asked(endpoint, state):
            self._see_to_expunging(state, lambda: endpoint)

    def _see_to_expunging(self, state: State, endpoint: Callable[[], Endpoint | None]) -> None:
        name = str(state["name"])
        ids = (str(state["id"]), *self._former.get(name, ()))
        self._see_to(name, partial(expunge, endpoint, state, ids, self.deliveries, self._rest))

    def _place(self) -> None:
        """Those who are where the lane is join it, those behind catch up."""
        for endpoint in self.endpoints.values():
            if not endpoint.joined:
                self._catch_up(endpoint)

    def _catch_up(self, endpoint: Endpoint) -> None:
        if endpoint.alive and not endpoint.catching_up:
            endpoint.catching_up = True
            self._see_to(endpoint.name, partial(self._bring, endpoint))

    async def _bring(self, endpoint: Endpoint) -> None:
        """To where the lane is, as fast as it takes letters."""
        test = wanted(self._selections[endpoint.name])
        await endpoint.ready()
        if endpoint.alive and endpoint.unfinished:
            found = await self.feed.these(sorted(endpoint.unfinished))
            letters = [letter for each in found if (letter := letter_of(each.position, each.body, test)) is not None]
            whole = len(letters) == len(found) and not any(each.unjudged for each in letters)
            endpoint.resume(batch(letters) if whole else None)
        while endpoint.alive:
            await endpoint.room()
            if endpoint.seen >= self.position:
                async with self._gate:
                    if endpoint.seen >= self.position:
                        endpoint.joined, endpoint.catching_up = True, False
                        return
            await self._read_for(endpoint, test)

    async def _read_for(self, endpoint: Endpoint, test: Test) -> None:
        """As long as it takes letters: for one that does not, nothing is held."""
        async with aclosing(letters_of(self.feed, test, endpoint.seen, self.position)) as letters:
            async for position, letter in letters:
                if letter is not None and not await _taken(endpoint, letter):
                    return
                endpoint.seen = position

    async def _replayed(self, endpoint: Endpoint, selection: Selection) -> None:
        await carry_again(endpoint, selection, self.feed, self.deliveries, self._clock, self._rest)

    async def _repeat(self) -> None:
        await repeat(self.timer, self.feed, self._present, self._clock)

    def _present(self) -> Iterable[Endpoint]:
        return self.endpoints.values()

    async def _later(self, due: Due, time: float) -> None:
        await self._until_it_works("timer of webhooks", lambda: self.timer.at(due, time))

    async def _sent(self, state: State, letter: Letter) -> Sent | None:
        await self._notable.wait()
        if letter.unjudged and (selection := self._selections.get(str(state["name"]))) is not None:
            return await judging(selection, letter, self._send)
        return await self._send(state, letter)

    def _remember(self, one: Try) -> None:
        self._tries.append(one)
        if len(self._tries) >= self._unnoted:
            self._notable.clear()

    async def _note(self) -> None:
        await self._rest(NOTE_SECONDS)
        tries, waits, over = list(self._tries), list(self._waits), list(self._over)
        every = (*self.endpoints.values(), *self._ended.values())
        now = {endpoint.id: endpoint.standing for endpoint in every}
        changed = {identity: each for identity, each in now.items() if self._known.get(identity) != each}
        if tries or changed or waits or over:
            await self.deliveries.note(tries, changed, waits, over)
            del self._tries[: len(tries)], self._waits[: len(waits)], self._over[: len(over)]
            if len(self._tries) < self._unnoted:
                self._notable.set()
            self._known |= changed

    def _see_to(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._tasks.create_task(self._until_it_works(f"webhook {name}", work))


def _terms(state: State) -> State:
    """What it matters that it is another."""
    return {name: value for name, value in state.items() if name not in (REPORTED, EXPUNGED)}


def _beginning(endpoints: Iterable[Endpoint], last: int) -> int:
    """Where most are: behind the foremost by less than what the lane may read again for some."""
    seen = [endpoint.seen for endpoint in endpoints if endpoint.alive]
    return min([each for each in seen if each >= max(seen) - CLOSE], default=last)


async def _taken(endpoint: Endpoint, letter: Letter) -> bool:
    """Whether there was room soon."""
    while not endpoint.offer(letter):
        if not endpoint.alive:
            return False
        try:
            async with asyncio.timeout(HELD_SECONDS):
                await endpoint.room()
        except TimeoutError:
            return False
    return True
