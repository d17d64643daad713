"""Remembers what has no position: in the live audit, else in dead letters that are brought there later."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from adapters import system_clock as clock
from adapters.incident_letters import IncidentLetters
from adapters.nats_violations import Violation
from adapters.view_files import ViewMissing
from events.names import Key
from oms.shelves import Registering, Shelves
from producers.receive import Address
from projectors.incidents import Incident, Kind, record, redrive
from projectors.projector import ViewUnavailable
from projectors.runner import Alarm

REDRIVE_SECONDS: Final = 10.0
LISTEN_SECONDS: Final = 1.0
MOST: Final = 100  # violations of that time that are told one by one: nobody fills the audit with them


class Recorder:
    """`run` it as a task: it brings dead letters into the audit. `failures`: what that could not take at once."""

    def __init__(self, shelves: Shelves, letters: IncidentLetters, alarm: Alarm) -> None:
        self._table, self._letters, self._alarm = _LiveTable(shelves), letters, alarm
        self.failures = 0

    async def read(self, to: Address, read: Sequence[Key]) -> None:
        """Somebody reads encrypted values of these entities. Raises `OSError`: then nobody may."""
        await self._keep("read", to.principal, "nats", to.branch, ", ".join(read), to.type)

    async def denied(self, principal: str, origin: str, what: str, why: str, branch: str = "") -> None:
        """Somebody was refused what is not theirs; `origin` = the door and from where. Raises `OSError`."""
        await self._keep("denied", principal, origin, branch, what, why)

    async def failed_login(self, principal: str, origin: str, why: str) -> None:
        """Somebody could not show who they are; `principal` is who they said to be. Raises `OSError`."""
        await self._keep("failedLogin", principal, origin, "", "log in", why)

    async def listen(self, new: Callable[[], Awaitable[Counter[Violation]]]) -> None:
        """What NATS servers refuse, until cancelled; `new` gives what came since it was asked last, and how often."""
        try:
            while True:
                await asyncio.sleep(LISTEN_SECONDS)
                with suppress(OSError):  # the server has refused it already, and says so in its own log
                    refused = await new()
                    for found, times in refused.most_common(MOST):
                        await self._violated(found, times)
                    if len(refused) > MOST:
                        what = f"{len(refused) - MOST:,} other things: see the server's log"
                        await self.denied("", "nats", what, f"so many within {LISTEN_SECONDS:g} s")
        finally:
            await self._table.close()

    async def _violated(self, found: Violation, times: int) -> None:
        why = f"refused by the NATS server, {times:,} time{'' if times == 1 else 's'}"
        if found.kind == "failedLogin":
            await self.failed_login(found.user, f"nats {found.host}", why)
        else:
            await self.denied(found.user, f"nats {found.host}", found.what, why)

    async def _keep(self, kind: Kind, principal: str, origin: str, branch: str, what: str, why: str) -> None:
        incident = Incident(clock.new_id(), clock.now(), kind, principal, origin, branch, what, why)
        if not await record([incident], self._table, self._letters):
            self.failures += 1
            waiting = self._letters.standing()
            text = f"{waiting.incidents:,} incidents wait in audit_dlq_*.jsonl ({waiting.bytes:,} bytes)"
            self._alarm("incidents", ViewUnavailable("audit", text, "they are brought into it by themselves"))

    async def close(self) -> None:
        """For who neither runs it nor listens."""
        await self._table.close()

    async def run(self) -> None:
        try:
            while True:
                with suppress(ViewUnavailable, OSError):  # they wait on
                    await redrive(self._table, self._letters)
                await asyncio.sleep(REDRIVE_SECONDS)
        finally:
            await self._table.close()


class _LiveTable:
    """The incidents of whichever build of the audit is live: written to a new one too, if it became live meanwhile."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._turn = asyncio.Lock()
        self._build: int | None = None
        self._register: Registering | None = None

    async def add_incidents(self, incidents: Sequence[Incident]) -> None:
        async with self._turn:
            live = await self._opened()
            while self._register is not None:
                await self._register.add_incidents(incidents)
                if live == (live := await self._opened()):
                    return
        raise ViewUnavailable("audit", "it is not there yet", "`oms up` makes it")

    async def close(self) -> None:
        if self._register is not None:
            await self._register.close()
        self._build = self._register = None

    async def _opened(self) -> int | None:
        """The live build, of which the register is open then."""
        live = await asyncio.to_thread(self._shelves.shelf("audit").live)
        if live != self._build:
            await self.close()
            self._register = await asyncio.to_thread(self._registering) if live else None
            self._build = live
        return live

    def _registering(self) -> Registering:
        try:
            return self._shelves.register()
        except (ViewMissing, sqlite3.Error) as error:
            raise ViewUnavailable("audit", str(error), "it is tried again by itself") from error
