"""Who could not log in to NATS servers that somebody else runs, as their system account tells; of a cluster, to any of them.

What somebody may not say or hear, a server tells nobody but them and its own log (`adapters.nats_violations`).
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from nats.aio.msg import Msg

from adapters.nats_config import FAILED_LOGINS, SYSTEM
from adapters.nats_connection import connection
from adapters.nats_server import Endpoint
from adapters.nats_violations import Violation

MOST: Final = 1_000  # different ones that are told apart at a time
MORE: Final = Violation("failedLogin", "", "", "log in")


class SystemDeaf(Exception):
    """The login `system` may not hear what it must."""

    def __init__(self, url: str, said: str) -> None:
        super().__init__(
            f"{SYSTEM} may not hear who fails to log in at {url} ({said}): "
            f"permit it to subscribe {FAILED_LOGINS}, as deploy/nats/nats.conf does"
        )


class FailedLogins:
    """From now on, but for what happens while the connection to the servers is lost."""

    def __init__(self) -> None:
        self._found: Counter[Violation] = Counter()

    async def new(self) -> Counter[Violation]:
        """What came since it was asked last, and how often."""
        found, self._found = self._found, Counter()
        return found

    async def hear(self, message: Msg) -> None:
        found = failed_login(message.data)
        self._found[found if found in self._found or len(self._found) < MOST else MORE] += 1


@asynccontextmanager
async def failed_logins(
    endpoint: Endpoint, ontology: str, alarm: Callable[[SystemDeaf], None]
) -> AsyncIterator[FailedLogins]:
    """Each is told to one of those who listen for the same ontology. `alarm` hears when the server lets nobody listen."""

    async def complain(error: Exception) -> None:
        if "permissions violation" in str(error).lower():
            alarm(SystemDeaf(endpoint.url, str(error)))

    found = FailedLogins()
    async with connection(endpoint, SYSTEM, on_error=complain) as client:
        await client.subscribe(FAILED_LOGINS, queue=f"oms.{ontology}", cb=found.hear)
        await client.flush()
        yield found


def failed_login(advisory: bytes) -> Violation:
    """By an advisory `client_disconnect`, as `FAILED_LOGINS` carries them."""
    document = json.loads(advisory)
    client: Mapping[str, str] = document.get("client", {})
    return Violation("failedLogin", client.get("user", ""), client.get("host", ""), "log in")
