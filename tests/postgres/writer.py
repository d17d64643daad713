"""One of several processes that write to one outbox: `python -m tests.postgres.writer URL NAME COUNT`.

Every so often a unit of work fails behind its questions, and nothing of it may be seen. Says what it was told: JSON.
"""

import asyncio
import json
import sys
from collections.abc import Generator

from adapters.postgres_outbox import postgres_outbox
from producers.outbox import Ask, CommitWrite, HeadRead, HeadWrite, LogHead, Row, Told, Writes

BRANCH = "prod/main/main"
FAILS = 9


class Failed(Exception):
    """On purpose."""


async def write(url: str, name: str, count: int) -> list[int]:
    """The position of each."""
    positions = []
    async with postgres_outbox(url, "main") as outbox:
        for number in range(1, count + 1):

            def work(head: LogHead, number: int = number) -> Generator[Ask, Told, Writes]:
                yield Ask(heads=[HeadRead(BRANCH, f"counter/{name}")])
                if number % FAILS == 0:
                    raise Failed
                at = head.position + 1
                body = json.dumps({"writer": name, "number": number, "position": at}).encode()
                return Writes(
                    LogHead(at, head.time + 1, ""),
                    [Row(at, f"oms.evt.main.{at}", body)],
                    [HeadWrite(BRANCH, f"counter/{name}", at, body)],
                    commits=[CommitWrite(BRANCH, at, at, f"{name}-{number}")],
                )

            try:
                positions.append((await outbox.commit(work)).head.position)
            except Failed:
                pass
    return positions


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
