"""The write side of this process: with files as long as it runs, with PostgreSQL while it holds the lease."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path

from adapters.postgres_leases import PostgresLeases, postgres_leases
from adapters.postgres_outbox import PostgresOutbox, postgres_outbox
from adapters.sqlite_outbox import SqliteOutbox
from oms.keys import key_store, keys_file
from oms.process import Alarm, Running, looping
from oms.settings import Settings
from oms.term import WATCH_SECONDS, term
from producers.lease import Held, lead
from producers.log import LogUnavailable
from producers.outbox import OutboxUnavailable


@asynccontextmanager
async def writing(here: Running, alarm: Alarm) -> AsyncIterator[None]:
    """At work inside the block, or waiting for the lease. The doors open last and close first."""
    settings = here.settings
    if "committer" not in settings.roles and "relay" not in settings.roles:
        yield
    elif settings.postgres_url:
        async with postgres_leases(settings.postgres_url, settings.ontology) as leases:
            settled = asyncio.Event()
            async with looping([_led(here, leases, alarm, settled)]):
                await settled.wait()
                yield
    else:
        outbox = SqliteOutbox(settings.folder / "outbox.db", settings.ontology)
        try:
            async with term(here, outbox, alarm):
                yield
        finally:
            outbox.close()


async def _led(here: Running, leases: PostgresLeases, alarm: Alarm, settled: asyncio.Event) -> None:
    """`settled` is set when it works or another process does. What refuses at first ends it, later it is tried again."""
    settings = here.settings
    commits = "committer" in settings.roles
    role = "committer" if commits else "relay"

    async def work(held: Held) -> None:
        fence, beside = (held, leases) if commits else (None, None)
        try:
            async with postgres_outbox(settings.postgres_url, settings.ontology, fence) as outbox:
                if commits:
                    await _refuse_other_keys(settings, outbox)
                async with term(here, outbox, alarm, beside):
                    settled.set()
                    await asyncio.Event().wait()
        except (OutboxUnavailable, LogUnavailable) as away:
            if not settled.is_set():
                raise
            alarm(role, away)
            await asyncio.sleep(WATCH_SECONDS)

    while True:
        await lead(leases, role, work, settled.set)


class OtherKeys(Exception):
    """The key store here is not the one of those who committed before: values would be closed that nobody else opens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is another key store than the one that was used with this database; let the setting `keys` name "
            "a folder that all machines share"
        )


async def _refuse_other_keys(settings: Settings, outbox: PostgresOutbox) -> None:
    with closing(key_store(settings)) as keys:
        fingerprint = sha256(b"key store " + await asyncio.to_thread(keys.index_key)).hexdigest()
    if not await outbox.keys_are(fingerprint):
        raise OtherKeys(keys_file(settings))
