"""Ends of links that take one link only, batch by batch, whatever is linked meanwhile."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import DEV, begun, hangar, plan, ran, said, sent, taken_back

PLANES = 40
LINKS = 1_040  # three batches: from each plane to 26 others


def change(kind: str, cardinality: str = "1-n") -> dict[str, Any]:
    return plan("SetCardinality", {"kind": kind}, type="beside", cardinality=cardinality)


async def net() -> Desk:
    """Each plane is linked to those that follow it."""
    desk = await hangar(*[plane(f"N{at:02}") for at in range(PLANES)])
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await desk.group(*[link(at // 26, at // 26 + at % 26 + 1) for at in range(LINKS)])
    return desk


def link(from_: int, to: int, command: str = "CreateLink", on: str = MAIN) -> dict[str, Any]:
    return asked(command, on, type="beside", **{"from": f"N{from_ % PLANES:02}", "to": f"N{to % PLANES:02}"})


async def standing(desk: Desk, on: str = MAIN) -> dict[str, dict[str, Any]]:
    heads = [head for head in await desk.outbox.heads_after(on, "link/", 0, 100_000) if head.branch == on]
    states = {head.key: json.loads(head.state or b"{}") for head in heads if head.key.startswith("link/beside/")}
    return {key: state for key, state in states.items() if not state["deleted"]}


async def taken(desk: Desk) -> dict[str, str]:
    """By the end, the link that holds it, as long as it stands."""
    heads = await desk.outbox.heads_after(MAIN, "end/beside/", 0, 100_000)
    newest = {head.key: head.state for head in heads if head.key.startswith("end/beside/")}
    held = {key: json.loads(state)["link"] for key, state in newest.items() if state is not None}
    there = await standing(desk)
    return {key: holder for key, holder in held.items() if holder in there}


def ends(links: dict[str, dict[str, Any]], *which: str) -> dict[str, str]:
    return {f"end/beside/{end}/{state[end]}": key for key, state in links.items() for end in which}


@pytest.mark.parametrize(("kind", "cardinality", "which"), [("first", "1-n", ["to"]), ("last", "1-1", ["from", "to"])])
async def test_one_link_stays_at_each_end(kind, cardinality, which):
    desk = await net()
    before = await standing(desk)
    await begun(desk, **change(kind, cardinality))
    ended = await ran(desk)
    left = await standing(desk)
    assert (ended["in"], ended["out"], ended["dropped"]) == (LINKS, len(left), LINKS - len(left))
    for end in which:
        assert len({state[end] for state in left.values()}) == len(left)
    assert await taken(desk) == ends(left, *which)
    some = next(iter(left.values()))
    other = link(int(some["from"][1:]) + 1 if which == ["to"] else 0, int(some["to"][1:]))
    assert codes((await desk.group(other))[0]) != []
    await taken_back(desk)
    assert await standing(desk) == before
    assert (await desk.group(link(39, 0)))[0]["status"] in ("accepted", "unchanged")


@pytest.mark.parametrize(("cardinality", "which"), [("1-n", ["to"]), ("1-1", ["from", "to"])])
async def test_no_link_stays_at_an_end_that_had_more_than_one_in_whatever_batch_they_come(cardinality, which):
    desk = await net()
    await desk.group(*[link(2, at, "DeleteLink") for at in range(PLANES) if at != 5])
    await sent(desk, "CreateObject", **plane("한"))
    await sent(desk, "CreateLink", type="beside", **{"from": "한", "to": "한"})
    before = await standing(desk)
    crowds = {end: Counter(state[end] for state in before.values()) for end in which}
    alone = {key for key, state in before.items() if all(crowds[end][state[end]] == 1 for end in which)}
    await begun(desk, **change("drop", cardinality))
    ended = await ran(desk)
    left = await standing(desk)
    assert (set(left), ended["in"], ended["out"]) == (alone, len(before), len(alone))
    assert alone
    assert await taken(desk) == ends(left, *which)
    await taken_back(desk)
    assert await standing(desk) == before


async def test_who_links_meanwhile_is_refused_nothing_and_gone_through_too():
    desk = await net()
    await begun(desk, **change("first"))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    outcomes = await desk.group(link(0, 0), link(1, 0), link(5, 6, "DeleteLink"), link(30, 6))
    assert "rejected" not in {each["status"] for each in outcomes}
    desk.restart()
    assert (await ran(desk, step=1))["said"] == "completed"
    assert await taken(desk) == ends(await standing(desk), "to")


async def test_one_that_is_given_up_half_way_leaves_all_as_it_was():
    desk = await net()
    before = await standing(desk)
    await begun(desk, **change("first"))
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "PauseMigration", migration=1)
    await taken_back(desk)
    assert await standing(desk) == before
    await begun(desk, number=2, **change("last"))
    assert (await ran(desk, number=2))["said"] == "completed"
    assert await taken(desk) == ends(await standing(desk), "to")


async def test_links_at_an_end_on_a_branch_that_is_merged():
    desk = await net()
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **change("first"))
    await sent(desk, "ApplyMigrationBatch", DEV, migration=1, step=0)
    await sent(desk, "CreateObject", **plane("Z1"))
    await sent(desk, "MergeBranch", source=DEV)
    assert await taken(desk) == {}
    assert (await ran(desk, DEV, step=1))["said"] == "completed"
    await sent(desk, "MergeBranch", source=DEV)
    assert await taken(desk) == ends(await standing(desk), "to")


writes = st.tuples(st.sampled_from(["CreateLink", "DeleteLink"]), st.integers(0, PLANES - 1), st.integers(0, 5))


@settings(max_examples=3)
@given(st.lists(st.lists(writes, max_size=5), min_size=1, max_size=3), st.booleans(), st.sampled_from(["1-n", "1-1"]))
async def test_after_it_every_end_has_one_link_and_is_taken_by_it(histories, restarting, cardinality):
    desk = await net()
    await begun(desk, **change("last", cardinality))
    for step, history in enumerate(histories):
        await desk.group(*[link(from_, to, command) for command, from_, to in history])
        await desk.send("ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
    await ran(desk, step=len(await said(desk)) - 3)
    left = await standing(desk)
    which = ["to"] if cardinality == "1-n" else ["from", "to"]
    for end in which:
        assert len({state[end] for state in left.values()}) == len(left)
    assert await taken(desk) == ends(left, *which)
