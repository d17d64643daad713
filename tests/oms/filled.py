"""A data folder as a small program leaves it; and how its log is damaged."""

from pathlib import Path

from oms.client import connect
from oms.running import running
from oms.settings import Settings

MAIN = "prod/main/main"
BRANCH = "dev/main/seats"


async def fill(folder: Path) -> None:
    """A type, planes, changes, a branch, a refused command."""
    async with running(Settings(folder=folder), lambda *_: None), await connect(folder) as client:

        async def send(command, data, **more):
            outcome = await client.send(command, data, **more)
            assert outcome.status == "accepted", outcome

        text = {"name": "tailnum", "type": "string", "required": True}
        seats = {"name": "seats", "type": "integer"}
        number = {"name": "number", "type": "string", "unique": True}
        await send(
            "CreateObjectType", {"name": "Plane", "primaryKey": ["tailnum"], "properties": [text, seats, number]}
        )
        for n in range(40):
            plane = {"tailnum": f"N{n}", "seats": n, "number": f"#{n}"}
            await send("CreateObject", {"type": "Plane", "properties": plane})
        for n in range(0, 40, 3):
            await send("UpdateObject", {"type": "Plane", "key": f"N{n}", "patch": {"number": f"new {n}"}})
        await send("DeleteObject", {"type": "Plane", "key": "N7"})
        refused = await client.send("CreateObject", {"type": "Plane", "properties": {"tailnum": "N1"}})
        assert refused.status == "rejected"
        await send("CreateBranch", {"name": BRANCH, "from": MAIN})
        await send("UpdateObject", {"type": "Plane", "key": "N1", "patch": {"seats": 99}}, branch=BRANCH)
        change = {"type": "Plane", "key": "N1", "patch": {"seats": 98}}
        await send("UpdateObject", change, wait="projected:versions")
        await send("UpdateObject", {**change, "patch": {"seats": 97}}, wait="projected:audit")


def flip(folder):
    """One bit in the log's only block."""
    (path,) = folder.rglob("OMS_LOG_main/msgs/*.blk")
    stored = bytearray(path.read_bytes())
    stored[len(stored) // 2] ^= 4
    path.write_bytes(stored)
    (path.parent / "index.db").unlink(missing_ok=True)
