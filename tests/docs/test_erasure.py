"""The page on erasure: its type can be created, its commands be given, in the order in which they stand there."""

import json
import re
import shlex
from pathlib import Path

from events.objects.sealing import PURGED, SEALED
from tests.events.world import World

PAGE = (Path(__file__).parents[2] / "docs" / "erasure.md").read_text(encoding="utf-8")


def sent(page: str) -> list[tuple[str, dict]]:
    lines = (shlex.split(line) for line in re.findall(r"^\$ (oms send .+)$", page, re.MULTILINE))
    return [(words[2], json.loads(words[4])) for words in lines]


def test_what_is_to_be_typed_is_accepted():
    world = World()
    (customer,) = (json.loads(text) for text in re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL))
    world.when("CreateObjectType", **customer)
    order = {"name": "customer", "type": "reference", "target": "Customer"}
    world.when(
        "CreateObjectType", name="Order", primaryKey=["id"], properties=[{"name": "id", "type": "string"}, order]
    )
    for command, data in sent(PAGE):
        if command.startswith("Purge"):
            world.when("UpsertObject", type="Customer", properties={"number": 7, "이름": "김철수"})
        assert world.when(command, **data) != []
    assert world.get("object/Customer/7")["purged"]
    assert [command for command, _ in sent(PAGE)] == ["SetSubject", "PurgeObject", "PurgeDataSubject"]


def test_the_marks_of_gaps_are_those_of_the_program():
    for mark in (PURGED, SEALED):
        assert f"`{json.dumps(mark)}`" in PAGE
