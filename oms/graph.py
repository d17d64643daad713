"""The graph beside the other views: what keeps it up, says how far it is, verifies it and makes it anew."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from adapters.terminusdb import TerminusDB
from adapters.view_files import ViewMissing
from oms.graph_builds import Builds
from oms.settings import Settings
from oms.shelves import Shelves, kept
from projectors.graph import Document
from projectors.graph_classes import PARKED
from projectors.graph_names import branch_name
from projectors.graph_store import Graph, GraphRefused, GraphUnavailable, Where
from projectors.mending import Mended
from projectors.projector import ViewUnavailable
from projectors.rebuild import NotRebuilt, Rebuilt, Told
from projectors.runner import Alarm
from projectors.verify import Agreed, Difference, Range
from workers.graph import ROOT, GraphOutdated, GraphProjector
from workers.graph_planning import Opened
from workers.graph_verifying import GraphVerifier
from workers.graph_writing import Fenced, head

NAME: Final = "graph"
FIRST_RETRY: Final = 0.5  # seconds; doubles
LAST_RETRY: Final = 30.0
STAND_BY: Final = 20.0  # seconds; the largest commit takes half as long, so who works has made one meanwhile

Projected = Callable[[str, int], Awaitable[None]]
"""(view, position): returns once the view has that position."""


class GraphStanding(NamedTuple):
    """How far the graph is, by what it says itself; `parked` by branch of OMS, `versions` the newest commits."""

    database: str
    build: int
    position: int
    parked: dict[str, list[Document]]
    versions: frozenset[str]


class NoGraph(Exception):
    """No TerminusDB is named in the settings, or it holds no graph of this ontology yet."""


@asynccontextmanager
async def store(settings: Settings) -> AsyncIterator[Graph]:
    """The server that the settings name. Raises `NoGraph`."""
    if not settings.terminusdb_url:
        raise NoGraph("there is no graph: the setting terminusdb_url is empty")
    address = urlsplit(settings.terminusdb_url)
    user, password = (unquote(part or "") for part in (address.username, address.password))
    url = f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
    client = _client(settings)(url, user or "admin", password or "root")
    try:
        yield client
    finally:
        await client.close()


def _client(settings: Settings) -> Callable[[str, str, str], Graph]:
    if settings.terminusdb_client == "ours":
        return TerminusDB
    try:
        from adapters.terminusdb_official import OfficialTerminusDB
    except ImportError as missing:
        raise NoGraph(
            "the client that TerminusDB publishes is not installed: pip install 'oms[terminusdb]' (on Python 3.11 or 3.12; "
            "it knows no newer one), or let terminusdb_client be ours"
        ) from missing
    return OfficialTerminusDB


async def follow(
    settings: Settings, shelves: Shelves, projected: Projected, moved: Callable[[int], None], alarm: Alarm
) -> None:
    """Keep the graph up until cancelled. What stops it is told once; it is tried again, and goes on where it was.

    `moved` is told every position that it reaches, here or by another process.
    """
    said, wait = "", FIRST_RETRY
    while True:
        try:
            try:
                await _followed(settings, shelves.versions, projected, moved)
            except Fenced as fenced:
                await _stood_by(settings, shelves.versions, moved, fenced)
            said, wait = "", FIRST_RETRY
        except (GraphUnavailable, GraphRefused, GraphOutdated, NoGraph, ViewMissing, ViewUnavailable) as passing:
            if str(passing) != said:
                alarm(NAME, passing)
            said = str(passing)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LAST_RETRY)


async def _followed(settings: Settings, opened: Opened, projected: Projected, moved: Callable[[int], None]) -> None:
    """Until something stops it. Raises `Fenced` where another process took over, or another build became live."""
    await projected("versions", 1)  # there is such a view, maybe in another process
    async with store(settings) as graph:
        builds = Builds(graph, settings)
        projector = GraphProjector(graph, builds.database(await builds.begin()), settings.ontology, opened)
        await projector.open()
        while True:
            moved(projector.position)
            if not await projector.step():
                await projector.settle()
                await projected("versions", projector.position + 1)


async def _stood_by(settings: Settings, opened: Opened, moved: Callable[[int], None], fenced: Fenced) -> None:
    """Returns when another build is live, or when whoever took this one over does not go on with it."""
    before: frozenset[str] = frozenset()
    while True:
        found = await standing(settings)
        moved(found.position)
        last = await asyncio.to_thread(_last, opened)
        if found.database != fenced.where.database or (found.versions == before and found.position < last):
            return
        before = found.versions
        await asyncio.sleep(STAND_BY)


def _last(opened: Opened) -> int:
    with opened() as versions:
        return versions.position()


async def standing(settings: Settings) -> GraphStanding:
    """Raises `NoGraph` and what the graph raises."""
    async with store(settings) as graph:
        builds = Builds(graph, settings)
        build = await builds.live()
        if build is None or builds.database(build) not in await graph.databases():
            raise NoGraph("there is no graph of this ontology yet; `oms up` makes it")
        name = builds.database(build)
        heads, parked = [], {}
        for branch in await graph.branches(name):
            where = Where(name, branch)
            heads.append(await head(graph, where))
            if branch != ROOT:
                parked[branch_name(branch)] = [each async for each in graph.documents(where, PARKED)]
        newest = frozenset(each.version for each in heads)
        return GraphStanding(name, build, max(each.settled for each in heads), parked, newest)


async def verified(settings: Settings, told: Callable[[int], None]) -> Agreed | Difference:
    """Compare every document with the versions view. Raises `NoGraph` and what the graph raises."""
    found = await standing(settings)
    async with store(settings) as graph:
        with kept(settings) as shelves:
            verifier = GraphVerifier(graph, found.database, settings.ontology, shelves.versions, told)
            differs = await verifier.difference()
            left_out = sorted(each["seq"] for documents in found.parked.values() for each in documents)
            return differs or Agreed(found.position, verifier.count, left_out, verifier.ranges)


async def mended(settings: Settings, told: Callable[[int], None]) -> Mended:
    """As `verified`, and documents of ranges that differ are written again. Who else writes goes on afterwards."""
    found = await standing(settings)
    ranges: list[Range] = []
    async with store(settings) as graph:
        with kept(settings) as shelves:
            projector = GraphProjector(graph, found.database, settings.ontology, shelves.versions)
            await projector.open()
            verifier = GraphVerifier(graph, found.database, settings.ontology, shelves.versions, told)
            async with aclosing(verifier.wrong()) as wrongs:
                async for wrong in wrongs:
                    await projector.rewrite(wrong.branch, wrong.again, wrong.gone, "mended")
                    ranges += [each for each in wrong.first.ranges if each not in ranges]
    return Mended(ranges, await verified(settings, told))


async def rebuilt(settings: Settings, told: Told = lambda *_: None) -> Rebuilt:
    """A new database from the versions view beside the live one, verified, then live; goes on where it was killed.

    Raises `NotRebuilt`, `NoGraph` and what the graph raises.
    """
    async with store(settings) as graph:
        with kept(settings) as shelves:
            return await _rebuilt(graph, Builds(graph, settings), settings.ontology, shelves.versions, told)


async def _rebuilt(graph: Graph, builds: Builds, ontology: str, opened: Opened, told: Told) -> Rebuilt:
    old = await builds.begin()
    build, name = old + 1, builds.database(old + 1)
    projector = GraphProjector(graph, name, ontology, opened)
    try:
        await projector.open()
    except GraphOutdated:
        await graph.drop(name)
        await projector.open()
    await _caught_up(projector, opened, lambda at, last: told("building", at, last))
    verifier = GraphVerifier(graph, name, ontology, opened, lambda count: told("verifying", count, count))
    if found := await verifier.difference():
        await graph.drop(name)
        raise NotRebuilt(NAME, build, found)
    await _caught_up(projector, opened, lambda at, last: told("catching up", at, last))
    if not await builds.flip(old, build):
        raise NotRebuilt(NAME, build, RuntimeError("another rebuild was first"))
    await _fence(graph, builds.database(old), ontology, opened)
    await graph.drop(builds.database(old - 1))
    return Rebuilt(build, projector.position, sum(map(len, projector.parked.values())))


async def _fence(graph: Graph, database: str, ontology: str, opened: Opened) -> None:
    """So that who writes the old build sees at its next commit that there is a new one."""
    if database in await graph.databases():
        await GraphProjector(graph, database, ontology, opened).take_over()


async def _caught_up(projector: GraphProjector, opened: Opened, told: Callable[[int, int], None]) -> None:
    while await projector.step():
        told(projector.position, await asyncio.to_thread(_last, opened))
    await projector.settle()


async def redriven(settings: Settings) -> tuple[int, int]:
    """Try again what is parked: how many documents went in, how many are left. Who else writes goes on afterwards."""
    found = await standing(settings)
    async with store(settings) as graph:
        with kept(settings) as shelves:
            projector = GraphProjector(graph, found.database, settings.ontology, shelves.versions)
            await projector.open()
            left = sum(map(len, projector.parked.values()))
            return sum(map(len, found.parked.values())) - left, left
