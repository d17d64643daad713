"""Any sequence of calls: the double against a model of a few lines, so that what it keeps is what was written."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.terminusdb import TerminusDB
from projectors.graph_store import GraphRefused, Told, Where
from tests.terminusdb.double.server import double
from tests.terminusdb.test_contract import CONTEXT, SCHEMA, thing

TOLD = Told("a", "m")
KEYS, BRANCHES = ("a", "b", "c"), ("main", "x.y.z", "x.y.w")


@dataclass
class Model:
    """By branch the documents by key, and every version that a branch had, with what it held then."""

    branches: dict = field(default_factory=lambda: {"main": {}})
    seen: dict = field(default_factory=dict)

    def fits(self, branch, documents) -> bool:
        there = self.branches[branch].keys() | documents.keys()
        return all(set(each.get("_link_to", [])) <= {f"Thing/{key}" for key in there} for each in documents.values())

    def remove(self, branch, keys) -> None:
        left = {key: dict(each) for key, each in self.branches[branch].items() if key not in keys}
        for each in left.values():
            each["_link_to"] = [end for end in each.get("_link_to", []) if end.removeprefix("Thing/") in left]
        self.branches[branch] = left


branches, keys = st.sampled_from(BRANCHES), st.sampled_from(KEYS)
documents = st.dictionaries(keys, st.tuples(st.integers(0, 3), st.sets(keys, max_size=2)), min_size=1)
calls = st.one_of(
    st.tuples(st.just("put"), branches, documents, st.sampled_from(["none", "newest", "stale"])),
    st.tuples(st.just("remove"), branches, st.sets(keys)),
    st.tuples(st.just("fork"), st.sampled_from(BRANCHES[1:]), branches),
    st.tuples(st.just("cut_off"), st.sampled_from(BRANCHES[1:])),
    st.tuples(st.just("swap"), branches, keys, st.integers(0, 3), st.integers(0, 3)),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(calls, max_size=20))
def test_any_sequence(told):
    asyncio.run(_called(told))


async def _called(told) -> None:
    async with double() as server:
        graph, model = TerminusDB(server.url, "admin", "root"), Model()
        await graph.create("d", "d", CONTEXT)
        await graph.reshape(Where("d", "main"), SCHEMA, TOLD)
        for what, branch, *how in told:
            if what in ("fork", "cut_off") or branch in model.branches:
                await globals()[f"_{what}"](graph, model, branch, *how)
            await _compare(graph, model)
        for version, held in model.seen.items():
            assert await _held(graph, Where("d", "main").at(version)) == held
        await graph.close()


async def _put(graph, model, branch, documents, which) -> None:
    where = Where("d", branch)
    newest = (await graph.get(where, "Thing/none")).version
    made = {
        key: thing(key, n=n, _link_to=sorted(f"Thing/{end}" for end in ends)) for key, (n, ends) in documents.items()
    }
    version = {"none": "", "newest": newest, "stale": next(iter(model.seen), newest)}[which]
    fresh = version in ("", newest)
    if not fresh or not model.fits(branch, made):
        with pytest.raises(GraphRefused) as refused:
            await graph.put(where, list(made.values()), TOLD, version)
        assert refused.value.stale != fresh
        return
    after = await graph.put(where, list(made.values()), TOLD, version)
    assert (after == newest) == all(
        _plain(model.branches[branch].get(key)) == _plain(each) for key, each in made.items()
    )
    model.branches[branch] = {**model.branches[branch], **made}
    model.seen[after] = {key: _plain(each) for key, each in model.branches[branch].items()}


async def _remove(graph, model, branch, keys) -> None:
    await graph.remove(Where("d", branch), [f"Thing/{key}" for key in keys], TOLD)
    model.remove(branch, keys)


async def _fork(graph, model, branch, origin) -> None:
    if origin not in model.branches:
        return
    await graph.fork(Where("d", branch), origin)
    model.branches.setdefault(branch, model.branches[origin])


async def _cut_off(graph, model, branch) -> None:
    await graph.cut_off(Where("d", branch))
    model.branches.pop(branch, None)


async def _swap(graph, model, branch, key, before, after) -> None:
    if key not in model.branches[branch]:
        return
    done = await graph.swap(Where("d", branch), f"Thing/{key}", "n", (before, after), TOLD)
    assert done == (model.branches[branch][key]["n"] == before)
    if done:
        changed = {**model.branches[branch][key], "n": after}
        model.branches[branch] = {**model.branches[branch], key: changed}


async def _compare(graph, model) -> None:
    assert await graph.branches("d") == sorted(model.branches)
    for branch, held in model.branches.items():
        assert await _held(graph, Where("d", branch)) == {key: _plain(each) for key, each in held.items()}


async def _held(graph, where) -> dict:
    return {each["_key"]: _plain(each) async for each in graph.documents(where)}


def _plain(document):
    if document is None:
        return None
    return {name: value for name, value in document.items() if name != "@id" and value != []}
