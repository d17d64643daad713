"""The graph: what OMS does for it, and against the server that OMS_TERMINUSDB_URL names, if one is named.

The same documents, in commits of the same size: put there by hand, and by the projector from the versions view. Then one
commit after the other, as when nothing waits: the last hundred against the first.
"""

import os
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from adapters.sqlite_versions import sqlite_versions
from adapters.sqlite_versions_reader import reading
from adapters.terminusdb import TerminusDB
from bench.figures import Figure, Took
from bench.stock import Stock
from projectors.graph_classes import context
from projectors.graph_store import Graph, Told, Where
from projectors.projector import Checkpoint
from queries.graph_cuts import graph_cut
from tests.queries.histories import MAIN, History, made, object_type
from workers.graph import GraphProjector
from workers.graph_planning import NOTHING, Planner

OBJECTS, COMMIT, ONE_BY_ONE = 5_000, 100, 1_000
BATCH = 1_000  # documents of one commit of the graph, as the projector makes them when it is behind
FIELDS = ["carrier", "origin", "dest", "tail", "gate", "note"]
TOLD = Told("bench", "bench")


async def figures(stock: Stock) -> list[Figure]:
    objects, commits = stock.sized(OBJECTS), stock.sized(ONE_BY_ONE)
    history = _history(objects)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "versions.db"
        await history.into_file(path)
        made_ = [_made(path, objects)]
        named = os.environ.get("OMS_TERMINUSDB_URL")
        if not named:
            return made_
        url = urlsplit(named)
        at = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
        graph = TerminusDB(at, url.username or "admin", url.password or "root")
        try:
            return made_ + await _on_server(graph, path, history, objects, commits)
        finally:
            await graph.close()


def _made(path: Path, objects: int) -> Figure:
    """What OMS itself does, without any server."""
    planner, position, head = Planner("main", lambda: reading(path)), 0, NOTHING
    with Took() as took:
        while step := planner.step(position):
            for branch in planner.concerned(step, {head.branch}):
                plan = planner.plan(step, branch, head)
                planner.documents(branch, step.end, plan.changes.entities)
            position, head = step.end, head._replace(branch=MAIN, seq=step.end)
    cpu = took.cpu / objects * 1e6
    return Figure("graph: documents found and made, without a server", objects / took.wall, "/s", cpu, goal="≥ 5,000/s: a server takes 600/s")  # fmt: skip


async def _on_server(graph: Graph, path: Path, history: History, objects: int, commits: int) -> list[Figure]:
    by_hand = await _by_hand(graph, path)
    name = f"oms_bench_{uuid.uuid4().hex[:8]}"
    projector = GraphProjector(graph, name, "main", lambda: reading(path))
    try:
        await projector.open()
        start = time.perf_counter()
        while await projector.step():
            pass
        projected = objects / (time.perf_counter() - start)
        took = await _one_by_one(projector, history, path, commits)
    finally:
        await graph.drop(name)
    first, last = median(took[:100]), median(took[-100:])
    return [
        Figure("graph: objects projected in bulk", projected, "/s", beside="the same documents by PUT alone", other=by_hand, goal="ratio ≥ 0.9", bound="the server checks a document in more than 1 ms"),
        Figure(f"graph: a commit, the last hundred of {commits:,}, p50", last * 1e3, "ms", beside="the first hundred", other=first * 1e3, goal="ratio ≤ 1.2", bound="three files and their fsync"),
    ]  # fmt: skip


def _history(objects: int) -> History:
    history = History()
    properties = [{"field": each, "name": each, "type": "string"} for each in ["id", *FIELDS]]
    history.commit(MAIN, [object_type("Flight", properties)])
    for first in range(0, objects, COMMIT):
        rows = range(first, min(first + COMMIT, objects))
        history.commit(
            MAIN, [made("Flight", f"F{n}", id=f"F{n}", **{f: f"{f} {n % 97}" for f in FIELDS}) for n in rows]
        )
    return history


async def _by_hand(graph: Graph, path: Path) -> float:
    """Documents a second, of which nothing need be read or folded."""
    with reading(path) as versions:
        cut = graph_cut(versions, "main", MAIN, versions.position())
        documents, classes = list(cut.documents(cut.entities())), cut.classes()
    where = Where(f"oms_bench_{uuid.uuid4().hex[:8]}", "main")
    await graph.create(where.database, "bench", context("main"))
    try:
        await graph.reshape(where, classes, TOLD)
        start = time.perf_counter()
        for first in range(0, len(documents), BATCH):
            await graph.put(where, documents[first : first + BATCH], TOLD)
        return len(documents) / (time.perf_counter() - start)
    finally:
        await graph.drop(where.database)


async def _one_by_one(projector: GraphProjector, history: History, path: Path, commits: int) -> list[float]:
    """Seconds of each."""
    took = []
    view = sqlite_versions(path, "main")
    known = await view.checkpoint()
    for number in range(commits):
        key = f"F{number % 100}"
        history.commit(MAIN, [made("Flight", key, id=key, note=f"change {number}")])
        commit, written = history.told[-1]
        reached = Checkpoint(commit.last, "", written[-1].time, known.revision + 1)
        await view.commit(written, known, reached)
        known = reached
        start = time.perf_counter()
        await projector.step()
        took.append(time.perf_counter() - start)
    await view.close()
    return took
