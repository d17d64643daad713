"""Texts become references batch by batch, each counted where it refers to, whatever is written meanwhile, and back."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.producers.desk import MAIN, Desk, asked, codes, plane
from tests.producers.test_migrations import alive, begun, hangar, plan, ran, said, sent, taken_back

FLIGHTS = 1_100  # three batches
DEV = "dev/main/gates"
TAILS = ("N0", "N1", "N2", "F15")
OF = {"type": "Flight", "property": "of"}
TO_PLANE = plan("ChangePropertyType", {"kind": "cast"}, to="reference", target="Plane", **OF)
TO_TEXT = plan("ChangePropertyType", {"kind": "cast"}, to="string", **OF)


async def fleet(flights: int = FLIGHTS, **declared: Any) -> Desk:
    """Planes, a jet among them, and flights that name one of them each; the number of a flight is its key."""
    desk = await hangar(*(plane(tail) for tail in TAILS[:3]))
    await sent(desk, "CreateObjectType", name="전투기", parents=["Plane"])
    await sent(desk, "CreateObject", type="전투기", properties={"tail": "F15"})
    properties = [{"name": "no", "type": "string"}, {"name": "of", **({"type": "string"} | declared)}]
    await sent(desk, "CreateObjectType", name="Flight", primaryKey=["no"], properties=properties)
    await desk.group(*[flight(f"{at:04}", TAILS[at % 4]) for at in range(flights)])
    return desk


def flight(no: str, of: str | None) -> dict[str, Any]:
    return asked("UpsertObject", type="Flight", properties={"no": no, "of": of})


async def counted(desk: Desk, on: str = MAIN) -> dict[str, int]:
    """By tail, how many references are counted."""
    heads = await desk.outbox.heads_after(on, "degree/object/", 0, 100_000)
    mine = [head for head in heads if head.branch == on and head.key.startswith("degree/")]
    newest = {head.key: json.loads(head.state or b'{"n": 0}')["n"] for head in mine}
    return {key.rpartition("/")[2]: n for key, n in newest.items() if n}


async def referred(desk: Desk, on: str = MAIN) -> dict[str, int]:
    """As `counted`, by what the flights say."""
    return dict(Counter(each["of"] for each in (await alive(desk, "Flight", on)).values() if "of" in each))


@pytest.mark.parametrize("restarting", [False, True])
async def test_texts_become_references_and_references_texts_whatever_is_written_meanwhile(restarting):
    desk = await fleet(required=True)
    await begun(desk, **TO_PLANE)
    for step in range(2):
        await sent(desk, "ApplyMigrationBatch", migration=1, step=step)
        await desk.group(
            flight("0001", "N2"),  # gone through already
            flight("1099", "N0"),  # not yet
            flight(f"새{step}", "F15"),
            asked("DeleteObject", type="Flight", key=f"000{step}"),
            asked("DeleteObject", type="Flight", key=f"105{step}"),
        )
        if restarting:
            desk.restart()
    assert codes(await desk.send("DeleteObject", type="Plane", key="N1")) == ["OBJECT_IN_USE"]
    ended = await ran(desk, step=2)
    assert (ended["said"], ended["in"], ended["out"]) == ("completed", FLIGHTS, FLIGHTS)
    assert await counted(desk) == await referred(desk)
    await sent(desk, "UpdateObject", type="Flight", key="0002", patch={"of": "N0"})
    assert await counted(desk) == await referred(desk)
    assert codes(await desk.send("CreateObject", type="Flight", properties={"no": "x", "of": "N9"})) == [
        "VALUE_REFERENCE"
    ]
    await sent(desk, "RevertMigration", migration=1)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await desk.group(flight("0001", "N1"), flight("1098", "N1"), flight("새2", "아무개"))
    assert (await ran(desk, step=1))["said"] == "reverted"
    assert await counted(desk) == {}
    await sent(desk, "DeleteObject", type="Plane", key="N1")


async def test_a_reference_becomes_a_list_and_one_of_a_list():
    desk = await fleet(700, type="reference", target="Plane")
    await begun(desk, **plan("ChangePropertyType", {"kind": "cast"}, to="reference", target="Plane", array=True, **OF))
    assert (await ran(desk))["converted"] == 700
    assert (await alive(desk, "Flight"))["0001"]["of"] == ["N1"]
    assert sum((await counted(desk)).values()) == 700
    await desk.group(asked("UpdateObject", type="Flight", key="0001", patch={"of": ["F15", "N1"]}))
    first = plan("ChangePropertyType", {"kind": "first"}, to="reference", target="Plane", **OF)
    await begun(desk, number=2, **first)
    assert (await ran(desk, number=2))["said"] == "completed"
    assert (await alive(desk, "Flight"))["0001"]["of"] == "F15"
    assert await counted(desk) == await referred(desk)


async def test_it_is_taken_back_while_some_are_counted_and_made_again():
    desk = await fleet()
    await begun(desk, **TO_PLANE)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    assert sum((await counted(desk)).values()) == 500
    assert (await taken_back(desk))["said"] == "reverted"
    assert await counted(desk) == {}
    await begun(desk, number=2, **TO_PLANE)
    assert (await ran(desk, number=2))["said"] == "completed"
    assert await counted(desk) == await referred(desk)
    await begun(desk, number=3, **TO_TEXT)
    assert (await ran(desk, number=3))["said"] == "completed"
    assert await counted(desk) == {}


async def test_a_reference_to_what_is_not_there_stops_it_until_it_is():
    desk = await fleet()
    await begun(desk, **TO_PLANE)
    await sent(desk, "ApplyMigrationBatch", migration=1, step=0)
    await desk.group(flight("0001", "F16"))
    failed = await ran(desk, step=1)
    assert (failed["said"], failed["keys"]) == ("failed", ["object/Flight/0001"])
    assert "object/Plane/F16, which is not there" in failed["text"]
    await sent(desk, "CreateObject", type="전투기", properties={"tail": "F16"})
    await sent(desk, "ResumeMigration", migration=1)
    assert (await ran(desk, step=1))["said"] == "completed"
    assert await counted(desk) == await referred(desk)


@pytest.mark.parametrize("planned", [TO_PLANE, TO_TEXT])
async def test_a_branch_that_is_rebased_meanwhile_counts_as_it_says(planned):
    desk = await fleet(700)
    if planned is TO_TEXT:
        await begun(desk, **TO_PLANE)
        await ran(desk)
    await sent(desk, "CreateBranch", name=DEV, **{"from": MAIN})
    await begun(desk, DEV, **planned)
    await sent(desk, "ApplyMigrationBatch", DEV, migration=1, step=0)
    await desk.group(flight("0001", "N2"), flight("0000", None))
    await sent(desk, "RebaseBranch", DEV)
    assert (await ran(desk, DEV, step=1))["said"] == "completed"
    found = await counted(desk, DEV)
    assert found == ({} if planned is TO_TEXT else await referred(desk))


async def test_a_shared_property_of_many_values_becomes_one_of_references():
    desk = await fleet(0)
    await sent(desk, "CreateSharedProperty", name="by", property={"type": "string", "array": True})
    for name in ("Flight", "Plane"):
        await sent(desk, "AddProperty", type=name, property={"name": "by", "shared": "by"})
    made = [{"no": f"{at:04}", "by": [TAILS[at % 4], "N0"]} for at in range(600)]
    await desk.group(*[asked("CreateObject", type="Flight", properties=each) for each in made])
    await sent(desk, "UpdateObject", type="Plane", key="N1", patch={"by": ["N1", "F15"]})
    references = {"type": "reference", "target": "Plane", "array": True}
    await begun(desk, **plan("UpdateSharedProperty", {"kind": "cast"}, shared="by", property=references))
    assert (await ran(desk))["said"] == "completed"
    named = [each["by"] for slug in ("Flight", "Plane") for each in (await alive(desk, slug)).values() if "by" in each]
    assert await counted(desk) == Counter(tail for tails in named for tail in tails)
    assert (await taken_back(desk))["said"] == "reverted"
    assert await counted(desk) == {}


writes = st.tuples(st.integers(0, 650).map("{:04}".format), st.sampled_from([*TAILS, None, "F16"]))


@settings(max_examples=4)
@given(st.lists(st.lists(writes, max_size=5), min_size=1, max_size=3), st.booleans())
async def test_what_is_counted_is_what_objects_say_or_it_says_which_do_not(histories, back):
    desk = await fleet(600)
    await begun(desk, **TO_PLANE)
    if back:
        await ran(desk)
        await sent(desk, "RevertMigration", migration=1)
    for step, history in enumerate(histories):
        await desk.group(*[flight(*write) for write in history])
        await desk.send("ApplyMigrationBatch", migration=1, step=step)
    ended = (await said(desk))[-1]
    if ended["said"] != "failed":
        ended = await ran(desk, step=len(histories))
    says = await referred(desk)
    if ended["said"] == "failed":
        assert "F16" in says
    else:
        assert await counted(desk) == ({} if ended["said"] == "reverted" else says)
