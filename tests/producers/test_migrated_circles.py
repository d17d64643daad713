"""Links that may close no circle any more, batch by batch, whatever is linked meanwhile."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.objects.link_cycles import circle_among
from events.reserved import incident_keys
from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import DEV, begun, hangar, plan, ran, said, sent, taken_back

PLANES = 80
EACH = 7  # links from a plane to those that follow it
LINKS = PLANES * EACH  # two batches
FIRST, LAST = (plan("SetAcyclic", {"kind": kind}, type="behind", acyclic=True) for kind in ("first", "last"))


def link(from_: int, to: int, command: str = "CreateLink") -> dict[str, Any]:
    return asked(command, type="behind", **{"from": f"N{from_:02}", "to": f"N{to:02}"})


async def net() -> Desk:
    """Each plane is linked to some that follow it; from the last ones to the first, which closes circles."""
    desk = await hangar(*[plane(f"N{at:02}") for at in range(PLANES)])
    await sent(desk, "CreateLinkType", name="behind", **{"from": "Plane", "to": "Plane"})
    await desk.group(*[link(at // EACH, (at // EACH + at % EACH + 1) % PLANES) for at in range(LINKS)])
    return desk


async def standing(desk: Desk, on: str = MAIN) -> dict[str, dict[str, Any]]:
    heads = [head for head in await desk.outbox.heads_after(on, "link/", 0, 100_000) if head.branch == on]
    states = {head.key: json.loads(head.state or b"{}") for head in heads if head.key.startswith("link/behind/")}
    return {key: state for key, state in states.items() if not state["deleted"]}


async def traced(desk: Desk) -> set[str]:
    heads = await desk.outbox.heads_after(MAIN, "incident/behind/", 0, 100_000)
    newest = {head.key: head.state for head in heads if head.key.startswith("incident/behind/")}
    return {key for key, state in newest.items() if state is not None}


async def straight(desk: Desk) -> None:
    """No circle is left, and all links that stand are followed."""
    left = await standing(desk)
    assert circle_among(list(left.values())) == []
    assert await traced(desk) == {
        key for one in left.values() for key in incident_keys("behind", one["from"], one["to"])
    }


@pytest.mark.parametrize("planned", [FIRST, LAST])
async def test_circles_are_opened_and_closed_again(planned):
    desk = await net()
    before = await standing(desk)
    await begun(desk, **planned)
    assert (await said(desk))[0]["concerned"] > 0
    ended = await ran(desk)
    left = await standing(desk)
    assert (ended["in"], ended["out"], ended["dropped"]) == (LINKS, len(left), LINKS - len(left))
    assert 0 < ended["dropped"] < LINKS // 2
    await straight(desk)
    one = next(iter(left.values()))
    assert codes((await desk.group(link(int(one["to"][1:]), int(one["from"][1:]))))[0]) == ["LINK_CYCLE"]
    assert (await taken_back(desk))["restored"] == ended["dropped"]
    assert await standing(desk) == before


async def test_who_links_meanwhile_is_refused_nothing_and_gone_through_too():
    desk = await net()
    await begun(desk, **FIRST)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    outcomes = await desk.group(link(5, 0), link(70, 2), link(3, 3), link(4, 5, "DeleteLink"), link(79, 40))
    assert "rejected" not in {each["status"] for each in outcomes}
    desk.restart()
    assert (await ran(desk, step=1))["said"] == "completed"
    await straight(desk)


async def test_one_that_is_given_up_half_way_can_be_planned_anew_and_a_branch_be_merged():
    desk = await net()
    before = await standing(desk)
    await begun(desk, **FIRST)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await sent(desk, "PauseMigration", migration=1)
    await taken_back(desk)
    assert await standing(desk) == before
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **LAST)
    assert (await ran(desk, DEV))["said"] == "completed"
    await sent(desk, "MergeBranch", source=DEV)
    await straight(desk)


writes = st.tuples(
    st.sampled_from(["CreateLink", "DeleteLink"]), st.integers(0, PLANES - 1), st.integers(0, PLANES - 1)
)


@settings(max_examples=2)
@given(st.lists(st.lists(writes, max_size=6), min_size=1, max_size=3), st.booleans(), st.sampled_from([FIRST, LAST]))
async def test_after_it_no_link_closes_a_circle_and_all_are_followed(histories, restarting, planned):
    desk = await net()
    await begun(desk, **planned)
    for step, history in enumerate(histories):
        await desk.group(*[link(from_, to, command) for command, from_, to in history])
        await desk.send("ApplyMigrationBatch", migration=1, step=step)
        if restarting:
            desk.restart()
    await ran(desk, step=len(await said(desk)) - 3)
    await straight(desk)
