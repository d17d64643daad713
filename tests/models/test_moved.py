"""Random histories in which branches are rebased, merged and reset: the write side, a rebuild of it and the view agree.

What a merge should come to is another test's; here all that can read a log must read the same out of it.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from adapters.sqlite_verify import verify_view
from adapters.sqlite_versions import sqlite_versions
from events import catalog
from producers.adopt import adopt
from producers.commit_ids import CommitIds
from projectors.lane import Lane
from projectors.projector import Fetched
from projectors.track import Track
from projectors.verify import Agreed
from projectors.versions import versions
from queries.states import states
from tests.models.test_histories import BRANCHES, LINKS, OBJECTS, TYPES, Log, heads, keys, said, tags
from tests.producers.desk import MAIN, Desk, asked

PARENTS = {BRANCHES[1]: MAIN, BRANCHES[2]: BRANCHES[1], BRANCHES[3]: MAIN}
resolving = {"resolve": "ours"}
steps = st.tuples(
    st.sampled_from(BRANCHES),
    st.one_of(
        st.tuples(st.just("put"), keys, st.integers(0, 2), st.none() | tags),
        st.tuples(st.just("put"), keys, st.integers(0, 2), st.none() | tags),
        st.tuples(st.sampled_from(["DeleteObject", "RestoreObject"]), keys),
        st.tuples(st.sampled_from(["CreateLink", "DeleteLink"]), keys, keys),
        st.tuples(st.just("RebaseBranch"), st.none() | st.integers(1, 40)),
        st.tuples(st.just("MergeBranch"), st.sampled_from(BRANCHES)),
        st.tuples(st.just("ResetBranch"), st.integers(1, 40)),
    ),
)


def command(on, step, position):
    match step:
        case "put", key, n, tag:
            properties = {"id": key, "n": n} | ({"tag": tag} if tag else {})
            return asked("UpsertObject", on, type="A", properties=properties)
        case "RebaseBranch", None:
            return asked("RebaseBranch", on, **resolving)
        case "RebaseBranch", onto:
            return asked("RebaseBranch", on, onto=1 + onto % position, **resolving)
        case "MergeBranch", source:
            return asked("MergeBranch", on, source=source, **resolving)
        case "ResetBranch", to:
            return asked("ResetBranch", on, to=1 + to % position)
        case type_, key:
            return asked(type_, on, type="A", key=key)
        case type_, one, other:
            return asked(type_, on, type="knows", **{"from": one, "to": other})
    raise AssertionError(step)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(steps, min_size=1, max_size=4), min_size=1, max_size=12))
async def test_all_read_the_same_out_of_a_log(history):
    outbox = MemoryOutbox("main")
    desk = await Desk(outbox).open()
    await desk.group(*TYPES, *(asked("CreateBranch", parent, name=name) for name, parent in PARENTS.items()))
    for group in history:
        position = (await outbox.head()).position
        for outcome in await desk.group(*(command(on, step, position) for on, step in group)):
            assert "COMMAND_FAILED" not in [finding["code"] for finding in outcome["findings"]], outcome
    rows = await outbox.after(0, 10_000)
    ids = CommitIds()
    assert [row.position for row in rows if ids.see(row.position, row.body)] == []
    again, log = MemoryOutbox("main"), Log([Fetched(*row) for row in rows], 7)
    await adopt(again, log, len(rows), catalog.fold, catalog.payload, lambda _at, _of: None)
    assert await again.heads_after("", "", 0, 100_000) == await outbox.heads_after("", "", 0, 100_000)
    await seen_by_views(outbox, log, len(rows))


async def seen_by_views(outbox, log, last):
    held = (await states("main", log, catalog.payload, catalog.evolve, lambda _: None)).held
    with TemporaryDirectory() as folder:
        view = sqlite_versions(Path(folder) / "v.db", "main")
        track = Track(versions(catalog.evolve), view, await view.checkpoint())
        await track.open()
        lane = Lane(log, catalog.payload, [track], 3)
        await lane.read(last)
        assert (lane.failed, await view.parked()) == ([], [])
        for name in BRANCHES:
            found = await view.rows([(name, key) for key in (*OBJECTS, *LINKS)])
            assert said({key: row.state for (_, key), row in found.items()}) == await heads(outbox, name)
            for key, one in held.get(name, {}).items():
                assert (await view.rows([(name, key)]))[name, key].since == one.since
        await view.close()
        agreed = await verify_view(Path(folder) / "v.db", "versions", log)
    assert agreed == Agreed(last, last, [])
