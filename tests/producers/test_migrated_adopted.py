"""What migrations reserved, moved and changed is in the log alone: heads made of it anew are those of the live write side."""

from typing import Any

from adapters.memory_feed import MemoryFeed
from adapters.memory_outbox import MemoryOutbox
from events import catalog
from producers.adopt import adopt
from tests.producers.desk import Desk, asked, plane
from tests.producers.test_migrations import DEV, begun, hangar, plan, ran, sent

PLANES = 520  # two batches
MIGRATIONS = [
    plan("SetUnique", {"kind": "last"}, type="Plane", property="seats", unique=True),
    plan("SetCardinality", {"kind": "first"}, type="beside", cardinality="1-1"),
    plan("SetAcyclic", {"kind": "first"}, type="near", acyclic=True),
    plan("ChangePropertyType", {"kind": "cast"}, type="Plane", property="기종", to="string"),
    plan("ChangePropertyType", {"kind": "cast"}, type="Plane", property="짝", to="reference", target="Plane"),
    plan("SetPrimaryKey", {"kind": "move"}, type="Plane", primaryKey=["serial"]),
    plan("ChangePropertyType", {"kind": "cast"}, type="Plane", property="표", to="string"),
    plan("SetMarking", {"kind": "cast"}, type="Plane", property="표", marking="encrypt"),
    plan("ChangeParents", {"kind": "default", "value": "모름"}, type="Plane", parents=["Named"]),
    plan("SetUnique", {"kind": "drop"}, type="Plane", property="기종", unique=True),
]


class Log(MemoryFeed):
    name = "log"


async def fleet() -> Desk:
    desk = await hangar()
    await sent(desk, "AddProperty", type="Plane", property={"name": "기종", "type": "integer"})
    await sent(desk, "AddProperty", type="Plane", property={"name": "표", "type": "integer", "unique": True})
    await sent(desk, "AddProperty", type="Plane", property={"name": "짝", "type": "string"})
    named = [{"name": "이름", "type": "string", "required": True}]
    await sent(desk, "CreateObjectType", name="Named", abstract=True, properties=named)
    await sent(desk, "CreateLinkType", name="beside", **{"from": "Plane", "to": "Plane"})
    await sent(desk, "CreateLinkType", name="near", **{"from": "Plane", "to": "Plane"})
    made = [
        plane(f"N{at:03}", serial=f"s{at}", seats=at % 400, 기종=at % 500, 표=at, 짝=f"N{at % 7:03}")
        for at in range(PLANES)
    ]
    linked = [{"from": f"N{at:03}", "to": f"N{at % 300:03}"} for at in range(PLANES)]
    await desk.group(*[asked("CreateObject", **each) for each in made])
    await desk.group(*[asked("CreateLink", type=name, **each) for name in ("beside", "near") for each in linked])
    return desk


async def anew(desk: Desk) -> MemoryOutbox:
    """A write side of the log of this one."""
    rows = await desk.outbox.after(0, 100_000, 1 << 30)
    outbox = MemoryOutbox("main")
    await adopt(outbox, Log(rows), len(rows), catalog.fold, catalog.payload, lambda *_: None)
    return outbox


async def intervals(outbox: Any) -> list[Any]:
    return [head for head in await outbox.heads_after("", "", 0, 1_000_000) if not head.key.startswith("dataKey/")]


async def test_heads_are_those_of_the_log_after_migrations_reverts_and_merges():
    desk = await fleet()
    await sent(desk, "CreateBranch", name=DEV, **{"from": "prod/main/main"})
    for number, planned in enumerate(MIGRATIONS, 1):
        await begun(desk, number=number, **planned)
        await sent(desk, "ApplyMigrationBatch", migration=number, step=0)
        await ran(desk, number=number, step=1)
    await begun(desk, DEV, **MIGRATIONS[0])
    assert (await ran(desk, DEV))["said"] == "completed"
    for number in (10, 9, 8, 7, 5, 4, 3, 2, 1):
        await sent(desk, "RevertMigration", migration=number)
        await ran(desk, number=number)
    assert await intervals(await anew(desk)) == await intervals(desk.outbox)
