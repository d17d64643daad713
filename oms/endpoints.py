"""Who subscribed, how far each endpoint is, and how it does: for those who carry out, and for those who look."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from adapters import system_clock as clock
from adapters.view_files import ViewMissing
from events.names import ONTOLOGY_SCOPE
from events.subscriptions.consent import Consent, carried
from events.subscriptions.letters import OVERDUE, Standing, Waiting
from events.subscriptions.pacing import Spared, spared
from events.subscriptions.tallies import SLOT, TOTAL, WINDOWS, Counted, Statistics, first_slot, statistics
from projectors.projector import ViewUnavailable, fetched_at

if TYPE_CHECKING:
    from events.decider import State
    from oms.deliveries import Kept
    from oms.settings import Settings
    from oms.shelves import Shelves
    from producers.outbox import LogHead
    from workers.delivering.courier import Selected


class EndpointFigures(NamedTuple):
    """`lag` in events behind the log's end, `seconds` from the first of them to the log's last, in their own times.

    `oldest`: seconds since the first event that is neither delivered nor given up, came, or failed first. `None` = not known.
    """

    name: str
    status: str
    position: int
    lag: int | None
    seconds: float | None
    again: int  # letters that failed and come again
    oldest: float | None
    left: int  # letters that failed and do not
    parked: int  # letters of either that failed by a fault of our own
    parked_seconds: float | None  # since the first of these failed first
    spared: Spared
    deferred: int  # letters whose time is to come
    windows: Mapping[str, Statistics]
    total: Sequence[Counted]

    def json(self) -> dict[str, Any]:
        figures = self._asdict() | {"windows": {name: each.json() for name, each in self.windows.items()}}
        del figures["total"], figures["spared"]
        return figures | self.spared.json()


def anybody(shelves: "Shelves") -> bool:
    """Whether there is, or was, a subscription."""
    with contextlib.suppress(ViewMissing, ViewUnavailable), shelves.versions() as versions:
        return next(iter(versions.valid(ONTOLOGY_SCOPE, "subscription/", versions.position())), None) is not None
    return False


def selected(settings: "Settings", shelves: "Shelves", *, expunged: bool = False) -> "list[Selected]":
    """All subscriptions that are not over, as the view has them; with `expunged` those that are, of whose tries something is to go, too."""
    from events.subscriptions.expunging import EXPUNGED
    from events.subscriptions.index import Selection
    from queries.cuts import cut
    from queries.moments import Now
    from queries.subscriptions import classes, history, subscriptions
    from workers.delivering.courier import Selected

    with shelves.versions() as versions:
        at = cut(versions, settings.branch, Now(), now=clock.now())
        found = []
        for each in subscriptions(at, deleted=expunged):
            state, ever = each.state, history(at, each.state["name"])
            if state.get("deleted") and not state.get(EXPUNGED):
                continue
            since = min(one.since for one in ever if one.state["id"] == state["id"])
            before = dict.fromkeys(str(one.state["id"]) for one in ever if one.state["id"] != state["id"])
            found.append(Selected(Selection(state, classes(at, state)), since, tuple(before)))
        return found


async def endpoint_figures(
    settings: "Settings", shelves: "Shelves", windows: Sequence[str] = tuple(WINDOWS)
) -> list[EndpointFigures]:
    """By name. Empty where nobody subscribed, or nothing was ever carried out."""
    from oms.deliveries import deliveries, deliveries_file

    ever = settings.postgres_url or deliveries_file(settings).exists()
    if not ever or not await asyncio.to_thread(anybody, shelves):
        return []
    found = await asyncio.to_thread(selected, settings, shelves)
    head = await asyncio.to_thread(shelves.log_head)
    async with deliveries(settings) as kept:
        told = await _told(kept, windows)
        consents = await kept.consents()
    begun = _Times(shelves)
    return [
        (await _figures(each, told, head, begun))._replace(status=_status(each, consents, settings.webhook_origin))
        for each in found
    ]


async def sparing(settings: "Settings", state: "State") -> dict[str, Any]:
    """How the endpoint of a subscription is spared, as JSON. Empty where nothing was ever carried out."""
    from oms.deliveries import deliveries, deliveries_file

    if not settings.postgres_url and not deliveries_file(settings).exists():
        return {}
    async with deliveries(settings) as kept:
        standing = (await kept.standings()).get(state["id"])
    return {} if standing is None else spared(state, standing.paced, clock.now() / 1e6).json()


def _status(each: "Selected", consents: Mapping[str, Consent], origin: str) -> str:
    """As it is carried out: `unconsented` until its endpoint consents."""
    state = each.selection.state
    return str(carried(state, consents.get(state["id"]), origin)["status"])


class _Told(NamedTuple):
    now: int
    standings: Mapping[str, Standing]
    waiting: Mapping[str, Waiting]
    counted: Mapping[str, Mapping[str, Sequence[Counted]]]  # by window
    total: Mapping[str, Sequence[Counted]]


async def _told(kept: "Kept", windows: Sequence[str]) -> _Told:
    now = clock.now()
    counted = {name: await kept.counted(first_slot(now, WINDOWS[name]), now // SLOT) for name in windows}
    waiting = await kept.waiting(now - OVERDUE)
    return _Told(now, await kept.standings(), waiting, counted, await kept.counted(TOTAL, TOTAL))


async def _figures(each: "Selected", told: _Told, head: "LogHead | None", times: "_Times") -> EndpointFigures:
    state: State = each.selection.state
    identity = str(state["id"])
    standing = told.standings.get(identity, Standing(each.since))
    position = standing.position
    waiting = told.waiting.get(identity, Waiting(0, None, 0))
    lag = None if head is None else max(0, head.position - position)
    first = await times.of(position + 1) if lag else None
    oldest = min((each for each in (first, waiting.oldest) if each is not None), default=None)
    seconds = 0.0 if lag == 0 else None
    if head is not None and first is not None:
        seconds = round(max(0, head.time - first) / 1e6, 3)
    return EndpointFigures(
        str(state["name"]), str(state["status"]), position, lag, seconds, waiting.again,
        _age(oldest, told.now), waiting.left, waiting.parked, _age(waiting.parked_since, told.now),
        spared(state, standing.paced, told.now / 1e6), waiting.deferred,
        {name: statistics(counted.get(identity, ()), WINDOWS[name]) for name, counted in told.counted.items()},
        told.total.get(identity, ()),
    )  # fmt: skip


def _age(since: int | None, now: int) -> float | None:
    """In s, of µs."""
    return None if since is None else round(max(0, now - since) / 1e6, 3)


class _Times:
    """When events were, by what the audit holds; each is looked up once."""

    def __init__(self, shelves: "Shelves") -> None:
        self._shelves, self._known = shelves, dict[int, int | None]()

    async def of(self, position: int) -> int | None:
        if position not in self._known:
            self._known[position] = await self._read(position)
        return self._known[position]

    async def _read(self, position: int) -> int | None:
        from events.wire.envelope import proven
        from security.chain import Gap

        with contextlib.suppress(ViewMissing, ViewUnavailable, Gap, OSError):
            feed = await asyncio.to_thread(self._shelves.audit_copy)
            if fetched := await fetched_at(feed, position):
                _, time = proven(fetched.body)
                return time
        return None
