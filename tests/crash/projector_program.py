"""A projector that is killed behind its n-th statement to PostgreSQL, for n = 1, 2, 3 … until it got to the log's end.

Each is a process of its own (a fork, so that nothing is imported twice), killed with -9 from within; the next one goes on.
"""

import asyncio
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from adapters.memory_feed import MemoryFeed
from adapters.postgres_session import PostgresSession
from events import catalog
from projectors.audit import audit
from projectors.lane import Lane
from projectors.track import Track
from projectors.versions import versions
from tests.projectors.stores import PostgresStore
from tests.projectors.story import Story, payload_of

PART = 3
STATEMENTS = {
    getattr(PostgresSession, name).__code__ for name in ("run", "row", "rows", "value", "each", "all", "copy")
}


def story() -> Story:
    told = Story()
    told.type_created("Thing", properties=[])
    for n in range(4):
        told.created(f"t{n}", n=n)
    told.branch_created("dev/main/test")
    told.commit(*[("object.updated", f"object/Thing/t{n}", _update(n)) for n in range(4)], branch="dev/main/test")
    told.updated("t1", n=9)
    told.deleted("t2")
    told.updated("t3", n=7, explode="no")
    return told


async def project(store: PostgresStore, log: Story) -> None:
    """Both views to the end of the log."""
    views = [store.open("versions"), store.open("audit")]
    projectors: Any = (versions(catalog.evolve), audit)
    for projector, view in zip(projectors, views, strict=True):
        track = Track(projector, view, await view.checkpoint())
        await track.open()
        lane = Lane(MemoryFeed(log.messages), payload_of, [track], PART)
        await lane.read(log.position)
        for _, error in lane.failed:
            raise error
        await view.close()


def die_behind(statement: int) -> None:
    """This process, whichever of its threads is at it."""
    left = statement

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal left
        if event == "return" and frame.f_code in STATEMENTS:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(count)


def lives(store: PostgresStore) -> int:
    """How many processes it took."""
    log = story()
    for life in range(1, 1_000):
        child = os.fork()
        if not child:
            die_behind(life)
            asyncio.run(project(store, log))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            return life if os.WEXITSTATUS(status) == 0 else -life
    return 0


def _update(n: int) -> dict[str, Any]:
    thing = {"type": "ri.oms.object-type.Thing", "slug": "Thing", "key": f"t{n}"}
    return thing | {"set": {"n": n + 1}, "unset": [], "was": {"n": n}}


if __name__ == "__main__":
    url, prefix = sys.argv[1:]
    sys.stdout.write(str(lives(PostgresStore(url, prefix))))
