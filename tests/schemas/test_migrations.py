"""What is asked of migrations, and what comes of it, fits the schemas of commands and events."""

import json

from jsonschema import Draft202012Validator

from adapters.memory_outbox import MemoryOutbox
from events.migrations import migration
from events.schema import (
    link_reserving,
    property_counting,
    property_opening,
    property_reserving,
    type_filling,
    type_rekeying,
)
from schemas.generate import documents
from tests.producers.desk import PLANE, Desk, plane

NUMBER = {"migration": 1}
STORY = [
    ("CreateObjectType", PLANE),
    *[("CreateObject", plane(f"한{number:03}")) for number in range(501)],
    (
        "PlanMigration",
        {
            "change": {"type": "SetRequired", "data": {"type": "Plane", "property": "seats", "required": True}},
            "fix": {"kind": "drop"},
        },
    ),
    ("ApproveMigration", NUMBER),
    ("RunMigration", NUMBER),
    ("PauseMigration", {**NUMBER, "reason": "점검"}),
    ("ResumeMigration", NUMBER),
    ("CreateLinkType", {"name": "beside", "from": "Plane", "to": "Plane"}),
    ("CreateLink", {"type": "beside", "from": "한000", "to": "한001"}),
    ("ApplyMigrationBatch", {**NUMBER, "step": 0}),
    ("DeleteLink", {"type": "beside", "from": "한000", "to": "한001"}),
    ("ResumeMigration", NUMBER),
    ("ApplyMigrationBatch", {**NUMBER, "step": 0}),
    ("ApplyMigrationBatch", {**NUMBER, "step": 1}),
    ("RevertMigration", NUMBER),
    ("ApplyMigrationBatch", {**NUMBER, "step": 0}),
    ("ApplyMigrationBatch", {**NUMBER, "step": 1}),
    (
        "PlanMigration",
        {
            "change": {"type": "SetUnique", "data": {"type": "Plane", "property": "seats", "unique": True}},
            "fix": {"kind": "first"},
        },
    ),
    ("ApproveMigration", {"migration": 2}),
    ("RunMigration", {"migration": 2}),
    ("ApplyMigrationBatch", {"migration": 2, "step": 0}),
    ("ApplyMigrationBatch", {"migration": 2, "step": 1}),
    *[("CreateLink", {"type": "beside", "from": f"한{number}", "to": "한000"}) for number in ("001", "002")],
    (
        "PlanMigration",
        {
            "change": {"type": "SetCardinality", "data": {"type": "beside", "cardinality": "1-n"}},
            "fix": {"kind": "first"},
        },
    ),
    ("ApproveMigration", {"migration": 3}),
    ("RunMigration", {"migration": 3}),
    ("ApplyMigrationBatch", {"migration": 3, "step": 0}),
    ("CreateLink", {"type": "beside", "from": "한002", "to": "한002"}),
    (
        "PlanMigration",
        {"change": {"type": "SetAcyclic", "data": {"type": "beside", "acyclic": True}}, "fix": {"kind": "first"}},
    ),
    ("ApproveMigration", {"migration": 4}),
    ("RunMigration", {"migration": 4}),
    ("ApplyMigrationBatch", {"migration": 4, "step": 0}),
    (
        "AddProperty",
        {"type": "Plane", "property": {"name": "pilot", "type": "string", "marking": "encrypt"}},
    ),
    ("UpsertObject", plane("한001", pilot="김철수")),
    (
        "PlanMigration",
        {
            "change": {"type": "SetMarking", "data": {"type": "Plane", "property": "pilot", "marking": None}},
            "fix": {"kind": "cast"},
        },
    ),
    ("ApproveMigration", {"migration": 5}),
    ("RunMigration", {"migration": 5}),
    ("ApplyMigrationBatch", {"migration": 5, "step": 0}),
    ("ApplyMigrationBatch", {"migration": 5, "step": 1}),
    (
        "CreateObjectType",
        {"name": "Named", "abstract": True, "properties": [{"name": "이름", "type": "string", "required": True}]},
    ),
    (
        "PlanMigration",
        {
            "change": {"type": "ChangeParents", "data": {"type": "Plane", "parents": ["Named"]}},
            "fix": {"kind": "default", "value": "모름"},
        },
    ),
    ("ApproveMigration", {"migration": 6}),
    ("RunMigration", {"migration": 6}),
    *[("ApplyMigrationBatch", {"migration": 6, "step": step}) for step in range(4)],
    ("AddProperty", {"type": "Plane", "property": {"name": "mother", "type": "string"}}),
    ("UpsertObject", plane("한002", mother="한001")),
    (
        "PlanMigration",
        {
            "change": {
                "type": "ChangePropertyType",
                "data": {"type": "Plane", "property": "mother", "to": "reference", "target": "Plane"},
            },
            "fix": {"kind": "cast"},
        },
    ),
    ("ApproveMigration", {"migration": 7}),
    ("RunMigration", {"migration": 7}),
    *[("ApplyMigrationBatch", {"migration": 7, "step": step}) for step in range(2)],
    (
        "PlanMigration",
        {
            "change": {"type": "SetPrimaryKey", "data": {"type": "Plane", "primaryKey": ["tail", "이름"]}},
            "fix": {"kind": "move"},
        },
    ),
    ("ApproveMigration", {"migration": 8}),
    ("RunMigration", {"migration": 8}),
    *[("ApplyMigrationBatch", {"migration": 8, "step": step}) for step in range(4)],
]


async def test_every_command_and_event_of_a_migration_fits_its_schema():
    made, outbox = documents(), MemoryOutbox("main")
    desk = await Desk(outbox).open()
    for command, data in STORY:
        Draft202012Validator(made[f"commands/{command}.json"]).validate(data)
        assert (await desk.send(command, **data))["status"] == "accepted", command
    events = [json.loads(row.body) for row in await outbox.after(0, 10_000)]
    its = {
        *migration.EVENTS,
        *property_reserving.EVENTS,
        *property_counting.EVENTS,
        *property_opening.EVENTS,
        *type_filling.EVENTS,
        *type_rekeying.EVENTS,
        *link_reserving.EVENTS,
    }
    told = [each for each in events if each["type"] in its]
    for event in told:
        Draft202012Validator(made[f"events/{event['type'].removeprefix('io.oms.')}.json"]).validate(event["data"])
    assert {event["type"] for event in told} == its
    assert {command for command, _ in STORY} >= {each.__name__ for each in migration.COMMANDS}
