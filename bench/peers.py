"""Other people's libraries doing the same work. One that is not installed is left out, and the run says so."""

import threading
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

from bench import flights
from bench.figures import Took

missing: list[str] = []


def eventsourcing(path: Path, commands: int, threads: int) -> float | None:
    """Aggregates created and saved one by one from several threads, on SQLite: how many a second."""
    if not _there("eventsourcing"):
        return None
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Flight(Aggregate):
        @event("Created")
        def __init__(self, properties: dict[str, object]) -> None:
            self.properties = properties

    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path), "SQLITE_LOCK_TIMEOUT": "60"}
    app: Application[UUID] = Application(env=env)
    each = commands // threads

    def work(thread: int) -> None:
        for number in range(each):
            app.save(Flight(flights.created(thread * each + number)["data"]["properties"]))

    started = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    with Took() as took:
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
    app.close()
    return each * threads / took.wall


def _there(name: str) -> bool:
    if find_spec(name):
        return True
    if name not in missing:
        missing.append(name)
    return False
