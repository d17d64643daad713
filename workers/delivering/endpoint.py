"""One way out: takes letters as long as it has room, sends several at a time or one after the other, and knows how far it is.

first tries go before those that are repeated, of which one in four is one all the same
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, assert_never

from events.decider import State
from events.subscriptions.deferring import deferred
from events.subscriptions.letters import Deferred, Due, Letter, Standing, batch, dues
from events.subscriptions.outgoing import Answered, Failed, told
from events.subscriptions.pacing import Paced, terms
from events.subscriptions.retrying import (
    KNOCKS,
    Delivered,
    GivenUp,
    Gone,
    Later,
    Unwanted,
    Verdict,
    at_once,
    judged,
    schedule_of,
)
from events.wire.envelope import decode
from workers.delivering.health import Health
from workers.delivering.pace import Pace
from workers.delivering.pile import Pile, limits
from workers.delivering.repeats import REPEATS, Repeats
from workers.delivering.replay import Replay
from workers.delivering.sent import tries
from workers.delivering.tools import Tools
from workers.delivering.turns import Turns

PUT_OFF_SECONDS: Final = 60.0
REPEATED: Final = 4  # every so manieth letter is a repeated one, if any wait


class Endpoint:
    """`seen`: up to there every letter was offered, by the lane if it has `joined` that. `alive` ends when its terms change.

    `before`: the same endpoint under other terms, which comes to its end first: nothing is sent twice for that.
    """

    def __init__(self, state: State, standing: Standing, tools: Tools, before: "Endpoint | None" = None) -> None:
        self.state, self._tools, self._before = state, tools, before
        self.alive: bool = state["status"] == "active"
        self.joined = self.catching_up = False
        self._first = Pile(limits(state))
        self._gathering = asyncio.Lock()
        self._repeated = Repeats()
        self._given_up: set[int] = set()  # positions for which nobody waits any more in strict order
        self._working = self._picked = 0
        self._ripening = False
        self._idle, self._now = (asyncio.Event() for _ in range(2))
        self._turns = Turns(str(state["name"]), tools.shares, tools.clock, tools.rest)
        self._idle.set()
        self.expunging = 0  # its number; it is under way
        self._begin(standing)

    def _begin(self, standing: Standing) -> None:
        batch = standing.batch if self.batches else ()
        self.seen = batch[-1] if batch else standing.position
        self._health, self._attempt = Health(self.name, standing.failing, self._tools.reporter), standing.attempt
        self._batch = self.unfinished = batch
        self._flying = dict.fromkeys(batch)  # positions that were offered and are not settled, in order
        self.expunged = standing.expunged
        self._pace = self._paced(standing.paced)
        self.replay = Replay(standing.replayed, standing.replaying, standing.replay_at)

    def _paced(self, paced: Paced | None) -> Pace:
        """As before, unless that was under other terms."""
        config, anew = self.state["config"], Paced(terms(self.state))
        known = anew if paced is None or paced.terms != anew.terms else paced
        return Pace(config.get("rate"), config.get("breaker"), known)

    @property
    def id(self) -> str:
        return str(self.state["id"])

    @property
    def name(self) -> str:
        return str(self.state["name"])

    @property
    def standing(self) -> Standing:
        first = next(iter(self._flying), None)
        position = self.seen if first is None else first - 1
        return Standing(
            position, self._health.failing, self._attempt, *self.replay.standing, self._batch, self.expunged,
            self._pace.standing,
        )  # fmt: skip

    async def ready(self) -> None:
        """Returns when who was there before has come to its end: it begins where that one ended."""
        before = self._before
        if before is not None:
            await before.idle()
            if self._before is before:  # nobody else was told so before
                self._before = None
                self._begin(before.standing)

    async def idle(self) -> None:
        """Returns when nothing is under way."""
        await self.ready()
        await self._idle.wait()

    def offer(self, letter: Letter) -> bool:
        """Whether it was taken; positions rise."""
        if not self.alive or not self._first.room.is_set():
            return False
        self._first.add(letter)
        self._flying[letter.position] = None
        self._hire()
        return True

    @property
    def batches(self) -> bool:
        """Whether several events may go into one request."""
        return self._first.limits.events > 1

    def resume(self, letter: Letter | None) -> None:
        """What was `unfinished` is the next; `None`: not all of it is wanted any more, so what is begins anew."""
        self.unfinished = ()
        if letter is None:
            self.seen, self._attempt, self._batch = self.standing.position, 1, ()
            self._flying.clear()
            return
        self._first.put_back(letter._replace(attempt=self._attempt))
        self._hire()

    async def room(self) -> None:
        """Returns when letters would be taken: half of those that wait are gone. Or none would be ever again: see `alive`."""
        await self._first.room.wait()

    def repeat(self, letter: Letter, done: Callable[[], Awaitable[None]]) -> None:
        """A letter whose time has come; `done` is told when it is settled or put off again."""
        self._repeated.add(letter, done)
        self._hire()

    def holds(self, position: int) -> bool:
        """Whether that letter is repeated as soon as others are: so slow an endpoint may be that it comes once more meanwhile."""
        return self._repeated.holds(position)

    def hurries(self, position: int) -> bool:
        """Whether that letter is under way in strict order: then its next try is now."""
        if found := self._ordered and position in self._flying:
            self._now.set()
        return found

    def gives_up(self, position: int) -> bool:
        """That letter is not sent any more, unless it is under way; `False`: that cannot be said before it is alive again."""
        if not self._ordered:
            self._repeated.give_up(position)
            return True
        if position <= self.standing.position:
            return True
        if self.alive:
            self._given_up.add(position)
            self._now.set()
        return self.alive

    def absent(self, coming: int) -> float:
        """Seconds for which no letter need come again, beside those that are coming: 0 where it may."""
        if not self.alive or len(self._repeated) + coming >= REPEATS:
            return PUT_OFF_SECONDS
        wait = self._pace.left_alone - self._tools.clock()
        return wait + 1.0 if wait > 0 else 0.0  # timers go by whole seconds

    async def repeatable(self) -> None:
        """Returns when few letters wait to be repeated, or none ever will be."""
        await self._repeated.room.wait()

    def end(self) -> None:
        """Nothing new is sent; what is under way goes to its end."""
        self.alive = False
        self._turns.over.set()
        self._first.room.set()
        self._repeated.room.set()

    @property
    def _most(self) -> int:
        return 1 if self._ordered or self._pace.away else int(self.state["config"]["concurrency"])

    def _schedule(self, letter: Letter) -> Sequence[int]:
        config = self.state["config"]
        kind = decode(letter.body, trusted=True).type if config.get("retries") else ""
        return schedule_of(config, kind, self._tools.schedule)

    @property
    def _ordered(self) -> bool:
        return bool(self.state["config"]["ordered"])

    def _hire(self) -> None:
        if self._working < self._most and (self._repeated or self._ripe()):
            self._working += 1
            self._idle.clear()
            self._tools.start(self._work())

    async def _work(self) -> None:
        try:
            while self.alive and (self._repeated or self._ripe()) and self._working <= self._most:
                self._picked += 1
                if self._repeated and (not self._ripe() or self._picked % REPEATED == 0):
                    await self._repeated.next(self._carry)
                elif (first := await self._next()) is not None:
                    await self._settle(first)
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()

    def _ripe(self) -> bool:
        """Whether a first letter may go by now; one that may not is seen to when it may."""
        wait = self._first.wait(self._tools.clock()) if self._first else 0.0
        if wait and not self._ripening:
            self._ripening = True
            self._tools.start(self._ripen(wait))
        return bool(self._first) and not wait

    async def _ripen(self, seconds: float) -> None:
        await self._turns.pause(seconds)
        self._ripening = False
        self._hire_all()

    def _hire_all(self) -> None:
        for _ in range(min(len(self._first), self._most)):
            self._hire()

    async def _next(self) -> Letter | None:
        """An event, or a batch of those that come within its time; `None` where somebody else took them, or it is over."""
        if not self._first.limits.seconds:
            return self._first.take(self._tools.clock()) if self._first else None
        async with self._gathering:
            if self._first and not self._first.enough.is_set():
                await self._turns.pause(self._first.limits.seconds, self._first.enough)
            return self._first.take(self._tools.clock()) if self.alive and self._ripe() else None

    async def _settle(self, letter: Letter) -> None:
        if self._ordered:
            settled = await self._until_delivered(letter)
        elif (at := deferred(self.state["config"], letter, self._tools.clock())) is not None:
            now = round(self._tools.clock() * 1e6)
            await self._tools.later(Due(self.id, letter.position, 1, (), letter.unjudged), at)
            self._tools.wait(Deferred(self.id, letter.position, now, round(at * 1e6)))
            settled = True
        else:
            settled = not isinstance(await self._carry(letter), Gone | None)
        if settled:
            for each in (letter, *letter.others):
                self._flying.pop(each.position, None)
                self._given_up.discard(each.position)
            self._attempt, self._batch = 1, ()

    async def _until_delivered(self, letter: Letter) -> bool:
        """In strict order nothing overtakes: what is given up stops the endpoint, which begins with it when it is resumed."""
        while self.alive and (left := self._not_given_up(letter)) is not None:
            self._now.clear()
            verdict = await self._carry(left._replace(attempt=self._attempt))
            match verdict:
                case Delivered() | Unwanted():
                    return True
                case Later(seconds):
                    self._attempt += 1
                    self._batch = tuple(each.position for each in left.events) if self.batches else ()
                    await self._turns.pause(seconds, self._now)
                case GivenUp(kind):
                    self._stop(f"gave up at position {letter.position} after {self._attempt} tries: {told(kind)}")
                    self._attempt = 1
                    return False
                case Gone() | None:
                    return False
                case _:
                    assert_never(verdict)
        return self.alive

    def _not_given_up(self, letter: Letter) -> Letter | None:
        left = [each for each in letter.events if each.position not in self._given_up]
        return batch(left)._replace(unjudged=letter.unjudged) if left else None

    async def _carry(self, letter: Letter) -> Verdict | None:
        """Send it once, and see to what follows from that; `None` where it is still here: its turn has not come, or comes again."""
        tools = self._tools
        if not await self._turns.turn(self._pace, 1 + len(letter.others)):
            return None
        begun = tools.clock()
        sent = await tools.send(self.state, letter)
        if sent is not None and at_once(sent.ended):
            sent = await tools.send(self.state, letter)
        if sent is None:
            tools.over((self.id, letter.position))
            return Unwanted("")
        now = tools.clock()
        verdict = judged(sent.ended, letter.attempt, tools.chance(), now, self._schedule(letter))
        self._learn(verdict, letter, sent.ended, now)
        again = now + verdict.seconds if isinstance(verdict, Later) else None
        kept = again is not None and self._knocks_with(letter)
        for each in tries(self.id, letter, sent, begun, now, verdict, self._pace.left_alone if kept else again):
            tools.note(each)
        if kept:
            self._first.put_back(letter._replace(attempt=letter.attempt + 1))
            return None
        if isinstance(verdict, Later) and not self._ordered:
            for due in dues(self.id, letter, verdict.kind):
                await tools.later(due, now + verdict.seconds)
        return verdict

    def _knocks_with(self, letter: Letter) -> bool:
        return self._pace.away and letter.trigger == "event" and letter.attempt < KNOCKS and not self._ordered

    def _learn(self, verdict: Verdict, letter: Letter, ended: Answered | Failed, now: float) -> None:
        if self._pace.heard(ended, now):
            self._hire_all()
        if isinstance(verdict, Later) and verdict.slower:
            self._pace.slower(now + verdict.seconds)
        if reason := self._health.heard(verdict, letter, now):
            self._stop(reason)

    def _stop(self, reason: str) -> None:
        self.end()
        self._tools.reporter.disable(self.name, reason)
