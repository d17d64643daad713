"""A worker that kills its own process, without a chance to clean up, within the nth transaction or right behind it.

python -m tests.embedding.mortal N FOLDER ONTOLOGY URL
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.embedding.similar import ID, LIKE, Kept
from tests.queries.histories import MAIN, History, changed, made, object_type
from workers import embedding

STEPS = 3


def history() -> History:
    told = History()
    told.commit(MAIN, [object_type("Part", [ID, LIKE])])
    for n in range(8):
        told.commit(MAIN, [made("Part", str(n), id=str(n), note=f"엔진 {n} oil")])
    told.commit(MAIN, [changed("Part", "1", id="1", note="window")])
    return told


async def main(step: int, folder: Path, ontology: str, url: str) -> None:
    kept = Kept(folder, ontology=ontology, url=url)
    view = kept.view()
    within = step % 2 == 0

    def at_commit(text: str) -> None:
        nonlocal step
        if text.startswith(("COMMIT", "UPDATE checkpoint", "UPDATE spaces SET") if within else "BEGIN"):
            step -= 1
            if step < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if url:  # it is told what was done, where SQLite is told what comes
        log = lambda record: at_commit(record.query)  # noqa: E731
        await view._thread.run(lambda session: session._connection.add_query_logger(log))
    else:
        await view._file.run(lambda connection: connection.set_trace_callback(at_commit))
    embedding.BATCH = 2
    work = kept.work(view)
    while await work.step():
        pass


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
