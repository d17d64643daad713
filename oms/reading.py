"""The door for reads over the live versions view, wherever it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters import system_clock
from adapters.view_files import ViewMissing
from gateways.reads import ReadDoor, Told, ViewUnreadable, unheard
from oms.keys import keys_file, opening
from oms.settings import Settings
from oms.shelves import Shelves
from oms.views import Elsewhere
from producers.outbox import OutboxUnavailable
from projectors.projector import ViewUnavailable
from queries.freshness import Moving
from queries.schedules import Standings
from queries.versions import Versions


def read_door(settings: Settings, shelves: Shelves, told: Told = unheard) -> ReadDoor:
    """Which version of the view is live is looked up at each question; `told` remembers who read marked data."""
    keys = keys_file(settings)

    @contextmanager
    def opened() -> Iterator[Versions]:
        try:
            with opening(keys) as opens, shelves.versions(opens) as versions:
                yield versions
        except (ViewMissing, ViewUnavailable) as error:
            raise ViewUnreadable(str(error)) from error

    def moving() -> Moving:
        return Elsewhere(shelves.shelf("versions"))

    async def standings() -> Standings:
        from oms import runs  # nobody else needs them

        try:
            return await runs.standings(settings)
        except OutboxUnavailable as error:
            raise ViewUnreadable(str(error)) from error

    return ReadDoor(opened, moving, system_clock.now, told, standings)
