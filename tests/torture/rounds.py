"""The rarer commands while the program suffers: branches, rebases and merges, parts that go with their whole, purges.

a person ─► a branch ─► a whole with parts and links there ─► (rebase) ─► merge ─► the whole is deleted ─► (purge)
"""

import random
from collections.abc import Iterator
from typing import Any

from oms.client import Client
from tests.torture.story import Story

PARTS = "가나다"
PERSON: dict[str, Any] = {
    "name": "Person",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "전화", "type": "string", "marking": "encrypt", "unique": True},
    ],
}
PART: dict[str, Any] = {
    "name": "Part",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}],
}
OF: dict[str, Any] = {"name": "partOf", "from": "Part", "to": "Part", "cardinality": "n-1", "onDelete": "cascade"}
SCHEMA = [
    {"type": "CreateObjectType", "data": PERSON},
    {"type": "CreateObjectType", "data": PART},
    {"type": "CreateLinkType", "data": OF},
]
GONE = {"_purged": True}


class Rounds:
    """One writer's, one command after the other."""

    story: Story

    def __init__(self, client: Client, writer: int, seed: int) -> None:
        self.client, self.writer = client, writer
        self.chance = random.Random(f"{seed}/{writer}")
        self.parts: dict[str, int | None] = {}  # what must be there at the end; `None` = deleted
        self.phones: dict[str, tuple[int, bool]] = {}  # where it was written, and whether it was purged
        self._commands = 0

    async def run(self, story: Story) -> None:
        self.story = story
        number = 0
        while not story.over:
            await self._round(f"{self.writer}-{number}")
            number += 1

    async def agree(self) -> None:
        """Readers see what must be there, and what was purged nowhere."""
        for key, number in self.parts.items():
            seen = await self.client.as_of("now", "Part", key)
            assert seen["_deleted"] == (number is None), seen
            assert number is None or seen["properties"] == {"id": key, "n": number}, seen
        for key, (position, purged) in self.phones.items():
            then = await self.client.as_of(position, "Person", key)
            assert then["properties"]["전화"] == (GONE if purged else f"010-{key}"), then

    async def _round(self, name: str) -> None:
        branch, main = f"dev/torture/{name}", f"{name}.main"
        rebased, purged = self.chance.random() < 0.5, self.chance.random() < 0.5
        created = await self._send("CreateObject", type="Person", properties={"id": name, "전화": f"010-{name}"})
        await self._send("CreateBranch", name=branch)
        await self._send("Commit", branch, commands=list(_whole(name)))
        await self._send("CreateObject", type="Part", properties={"id": main, "n": 0})
        if rebased:
            await self._send("RebaseBranch", branch)
            await self._send("UpdateObject", branch, type="Part", key=main, patch={"n": 1})
        await self._send("MergeBranch", source=branch)
        await self._send("DeleteObject", type="Part", key=name)
        if purged:
            await self._send("PurgeObject", type="Person", key=name, reason="요청")
        self.parts |= {main: int(rebased), name: None, **{f"{name}.{part}": None for part in PARTS}}
        self.phones[name] = (created, purged)

    async def _send(self, type_: str, /, on: str | None = None, **data: Any) -> int:
        """Its position."""
        self._commands += 1
        outcome = await self.client.send(type_, data, id=f"{self.writer}-{self._commands}", branch=on)
        await self.story.note(self.writer, outcome)
        assert type_ != "DeleteObject" or len(outcome.events) == 1 + 2 * len(PARTS), outcome
        return outcome.position


def _whole(name: str) -> Iterator[dict[str, Any]]:
    keys = [name, *(f"{name}.{part}" for part in PARTS)]
    for key in keys:
        yield {"type": "CreateObject", "data": {"type": "Part", "properties": {"id": key, "n": 1}}}
    for key in keys[1:]:
        yield {"type": "CreateLink", "data": {"type": "partOf", "from": key, "to": name}}
