"""Asks endpoints whether they want to be sent to, before anything is: those that were not asked yet, or whose time has come.

directory ─► subscriptions ─► those without consent wait, their cursors with them ─► the courier
                 └─► question ─► answer, kept ─► consent: the courier looks again
             the callback of an earlier question, kept by whoever heard it ──┘
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from events.decider import State
from events.subscriptions.consent import AGAIN, WAITS, Consent, answer, carried, digest_of, is_asked_for, question
from events.subscriptions.outgoing import SENTENCES, Answered, Failed, Request
from workers.delivering.courier import Directory, Selected
from workers.delivering.ports import Consents
from workers.patiently import Alarm

LOOK_SECONDS: Final = 0.5
AT_A_TIME: Final = 50
PATIENCE: Final = 3  # questions without consent, then the operator hears of it; of a refusal at once

Ask = Callable[[State, Request], Awaitable[Answered | Failed]]


class NoConsent(Exception):
    """An active subscription waits for its endpoint."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(
            f"subscription {name} waits for the consent of its endpoint: {why}; `oms webhook consent {name}`"
        )


class Handshakes:
    """A `Directory`. `offered`: the token for a subscription's callback, `callback`: where it leads to, or empty."""

    def __init__(
        self,
        directory: Directory,
        consents: Consents,
        ask: Ask,
        origin: str,
        callback: str,
        offered: Callable[[State], str],
        clock: Callable[[], float],
        chance: Callable[[], float],
        alarm: Alarm,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._directory, self._consents, self._ask = directory, consents, ask
        self._origin, self._callback, self._offered = origin, callback.rstrip("/"), offered
        self._clock, self._chance, self._alarm, self._rest = clock, chance, alarm, rest
        self._told: dict[str, tuple[State, State]] = {}  # by id, who is asked: as it is, and as it is carried out
        self._under_way: set[str] = set()
        self._turns = asyncio.Semaphore(AT_A_TIME)

    async def selected(self, position: int) -> Sequence[Selected]:
        """Whoever did not consent is not active; nor is anybody faster than was permitted."""
        found = await self._directory.selected(position)
        asking = {
            each.selection.state["id"]: each.selection.state for each in found if is_asked_for(each.selection.state)
        }
        known = await self._consents.consents() if asking else {}
        self._told = {
            identity: (state, carried(state, known.get(identity), self._origin)) for identity, state in asking.items()
        }
        return [self._as_told(each) for each in found]

    def _as_told(self, found: Selected) -> Selected:
        state = found.selection.state
        _, told = self._told.get(state["id"], (state, state))
        return found._replace(selection=found.selection._replace(state=told))

    async def run(self, look_again: Callable[[], Awaitable[None]]) -> None:
        """Until cancelled."""
        said = ""
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    for state, before in await self._due(look_again):
                        self._under_way.add(state["id"])
                        tasks.create_task(self._asked(state, before))
                except Exception as error:  # noqa: BLE001 a store that is away comes back
                    if repr(error) != said:
                        self._alarm("consent to webhooks", error)
                    said = repr(error)
                await self._rest(LOOK_SECONDS)

    async def _due(self, look_again: Callable[[], Awaitable[None]]) -> list[tuple[State, Consent | None]]:
        if not self._told:
            return []
        known = await self._consents.consents()
        for identity, (state, told) in self._told.items():
            if carried(state, known.get(identity), self._origin) != told:
                await look_again()  # which tells all of them anew
                break
        now = round(self._clock() * 1e6)
        return [
            (state, known.get(identity))
            for identity, (state, told) in self._told.items()
            if told["status"] == WAITS
            and identity not in self._under_way
            and self._is_due(state, known.get(identity), now)
        ]

    def _is_due(self, state: State, consent: Consent | None, now: int) -> bool:
        if consent is None or not consent.is_of(state, self._origin):
            return True
        return consent.next is not None and consent.next <= now

    async def _asked(self, state: State, before: Consent | None) -> None:
        try:
            async with self._turns:
                offered = self._offered(state) if self._callback else ""
                url = f"{self._callback}/{offered}" if offered else None
                ended = await self._ask(state, question(state, self._origin, url))
            digest = digest_of(offered) if offered else ""
            now = round(self._clock() * 1e6)
            consent = answer(state, self._origin, digest, before, ended, now, self._chance())
            await self._consents.asked(consent)
            self._tell(state, consent)
        except Exception as error:  # noqa: BLE001 it is asked again, after a while
            self._alarm(f"webhook {state['name']}", error)
            await self._rest(AGAIN[0])
        finally:
            self._under_way.discard(state["id"])

    def _tell(self, state: State, consent: Consent) -> None:
        if consent.status != "granted" and consent.tries == (1 if consent.status == "refused" else PATIENCE):
            why = SENTENCES.get(consent.kind, consent.kind)
            self._alarm(f"webhook {state['name']}", NoConsent(str(state["name"]), why))
