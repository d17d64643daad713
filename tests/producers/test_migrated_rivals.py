"""Merges answer what two sides claim as the migration did that made it one's alone: values, ends of links, circles."""

from typing import Any

import pytest

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrated_ends import ends, taken
from tests.producers.test_migrated_ends import standing as standing_links
from tests.producers.test_migrated_merge import merged, migrated
from tests.producers.test_migrated_unique import held, reserved
from tests.producers.test_migrations import DEV, alive, hangar, plan, sent

SEATS = {"type": "Plane", "property": "seats", "unique": True}
BESIDE = {"name": "beside", "from": "Plane", "to": "Plane"}


async def forked(*planes: dict[str, Any], links: str = "") -> Desk:
    """`links`: pairs of planes that are beside each other, "ab bc". Of x, y and z two always stand against it."""
    desk = await hangar(*planes, *(plane(key, seats=9) for key in "xyz"))
    await sent(desk, "CreateLinkType", **BESIDE)
    await beside(desk, links + " xy yx zx")
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    return desk


async def beside(desk: Desk, links: str, on: str = MAIN) -> None:
    for from_, to in links.split():
        await sent(desk, "CreateLink", on, type="beside", **{"from": from_, "to": to})


async def standing(desk: Desk, on: str = MAIN) -> list[str]:
    links = (key.removeprefix("link/beside/").replace("~", "") for key in await standing_links(desk, on))
    return sorted(link for link in links if "x" not in link)


async def seats(desk: Desk) -> dict[str, int]:
    found = await alive(desk)
    return {key: each["seats"] for key, each in found.items() if "seats" in each and key not in "xyz"}


@pytest.mark.parametrize(("fix", "left"), [("first", {"a": 1, "b": 2}), ("last", {"d": 1, "e": 2}), ("drop", {})])
@pytest.mark.parametrize("turned", [False, True])
async def test_of_values_that_several_wrote_those_stay_that_the_migration_lets_stay(fix, left, turned):
    desk = await forked(plane("a", seats=1))
    source, target = (MAIN, DEV) if turned else (DEV, MAIN)
    await migrated(desk, plan("SetUnique", {"kind": fix}, **SEATS))
    await sent(desk, "CreateObject", **plane("b", seats=2))
    await sent(desk, "CreateObject", **plane("c", seats=1))
    await sent(desk, "CreateObject", **plane("d", seats=1))
    await sent(desk, "CreateObject", DEV, **plane("e", seats=2))
    await sent(desk, "CreateObject", DEV, **plane("f", seats=3))
    assert await merged(desk, source, target) == (None if turned else [1])
    assert (await desk.send("MergeBranch", target, source=source))["status"] == "unchanged"
    await sent(desk, "MergeBranch", source, source=target)
    assert await seats(desk) == {**left, "f": 3}
    assert await reserved(desk) == await held(desk)


async def test_a_value_that_must_be_there_and_gives_way_stops_the_merge():
    desk = await forked(plane("a", seats=1))
    await migrated(desk, plan("SetUnique", {"kind": "first"}, **SEATS))
    drop = plan("SetRequired", {"kind": "drop"}, type="Plane", property="seats", required=True)
    for link in ("xy", "yx", "zx"):
        await sent(desk, "DeleteLink", DEV, type="beside", **{"from": link[0], "to": link[1]})
    await migrated(desk, drop, 2)
    await sent(desk, "CreateObject", **plane("b", seats=1))
    place = {"key": "object/Plane/b", "path": "/properties/seats"}
    assert codes(await desk.send("MergeBranch", source=DEV)) == ["MERGE_CONFLICT_SCHEMA_DATA"]
    await sent(desk, "MergeBranch", source=DEV, resolutions=[{**place, "choice": "custom", "value": 2}])
    assert (await alive(desk))["b"]["seats"] == 2


async def test_who_merges_may_answer_otherwise_than_the_migration():
    desk = await forked(plane("a", seats=1))
    await migrated(desk, plan("SetUnique", {"kind": "first"}, **SEATS))
    await sent(desk, "CreateObject", **plane("b", seats=1))
    answer = {"key": "object/Plane/a", "path": "/properties/seats", "choice": "custom", "value": 7}
    await sent(desk, "MergeBranch", source=DEV, resolutions=[answer])
    assert await seats(desk) == {"a": 7, "b": 1}


@pytest.mark.parametrize(("fix", "left"), [("first", ["ab"]), ("last", ["cb"]), ("drop", [])])
async def test_of_links_at_an_end_those_stay_that_the_migration_lets_stay(fix, left):
    desk = await forked(*map(plane, "abcde"), links="ab de")
    await migrated(desk, plan("SetCardinality", {"kind": fix}, type="beside", cardinality="1-n"))
    await beside(desk, "cb eb") if fix == "first" else await beside(desk, "eb cb")
    assert await merged(desk) == [1]
    assert await standing(desk) == [*left, "de"]
    assert await taken(desk) == ends(await standing_links(desk), "to")


@pytest.mark.parametrize(("fix", "left"), [("first", ["ab", "bc"]), ("last", ["bc", "ca"])])
async def test_of_links_that_close_a_circle_one_goes(fix, left):
    desk = await forked(*map(plane, "abcd"), links="ab")
    await migrated(desk, plan("SetAcyclic", {"kind": fix}, type="beside", acyclic=True))
    await beside(desk, "bc ca")
    assert await merged(desk) == [1]
    assert await standing(desk) == left
    assert codes(
        (await desk.group(asked("CreateLink", type="beside", **{"from": left[1][1], "to": left[0][0]})))[0]
    ) == ["LINK_CYCLE"]


async def test_links_that_only_one_side_wrote_make_no_circle_behind_a_merge_that_forbids_them():
    desk = await forked(*map(plane, "ab"))
    await sent(desk, "DeleteLink", type="beside", **{"from": "x", "to": "y"})
    await sent(desk, "RebaseBranch", DEV)
    await sent(desk, "SetAcyclic", DEV, type="beside", acyclic=True)
    await beside(desk, "ab ba")
    assert set(codes(await desk.send("MergeBranch", source=DEV))) == {"MERGE_CONFLICT_CYCLE"}
