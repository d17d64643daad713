"""What is said to a proposal, and what comes of it, fits the schemas of commands and events."""

import json

from jsonschema import Draft202012Validator

from adapters.memory_outbox import MemoryOutbox
from events.proposals import proposal
from schemas.generate import documents
from tests.producers.desk import MAIN, PLANE, Desk, plane

DEV = "dev/main/gates"
N1 = {"type": "Plane", "key": "N1"}
SEATS = {"key": "object/Plane/N1", "path": "/properties/seats"}
STORY = [
    ("ada@desk", MAIN, "CreateObjectType", PLANE),
    ("ada@desk", MAIN, "CreateObject", plane("N1", seats=1)),
    ("ada@desk", MAIN, "CreateBranch", {"name": DEV}),
    ("ada@desk", DEV, "UpdateObject", {**N1, "patch": {"seats": 2}}),
    ("ada@desk", MAIN, "UpdateObject", {**N1, "patch": {"seats": 3}}),
    ("ada@desk", MAIN, "OpenProposal", {"source": DEV, "title": "좌석", "description": "둘", "draft": True}),
    ("ada@desk", MAIN, "MarkReady", {"proposal": 1}),
    ("ada@desk", MAIN, "AssignReviewers", {"proposal": 1, "add": ["bo@desk"]}),
    ("bo@desk", MAIN, "CommentOnProposal", {"proposal": 1, "text": "왜?", "on": SEATS["key"]}),
    ("ada@desk", MAIN, "CommentOnProposal", {"proposal": 1, "text": "그래서", "replyTo": 1}),
    ("bo@desk", MAIN, "RequestChanges", {"proposal": 1, "text": "셋"}),
    ("ada@desk", MAIN, "CloseProposal", {"proposal": 1, "reason": "아니"}),
    ("ada@desk", MAIN, "ReopenProposal", {"proposal": 1}),
    ("bo@desk", MAIN, "RunChecks", {"proposal": 1}),
    ("bo@desk", MAIN, "ResolveConflict", {"proposal": 1, **SEATS, "choice": "custom", "value": 4}),
    ("bo@desk", MAIN, "ApproveProposal", {"proposal": 1}),
    ("bo@desk", MAIN, "RevokeApproval", {"proposal": 1}),
]


async def test_what_is_said_fits_the_schemas():
    made, desk = documents(), await Desk(MemoryOutbox("main")).open()
    told = [*STORY, ("bo@desk", MAIN, "ApproveTask", None), ("bo@desk", MAIN, "MergeProposal", {"proposal": 1})]
    for who, on, command, given in told:
        data = given or {"proposal": 1, "resource": await resource(desk)}
        Draft202012Validator(made[f"commands/{command}.json"]).validate(data)
        (outcome,) = await desk.group({"type": command, "branch": on, "author": who, "data": data})
        assert outcome["status"] == "accepted", (command, outcome)
    said = set()
    for row in await desk.outbox.after(0, 1000):
        event = json.loads(row.body)
        Draft202012Validator(made[f"events/{event['type'].removeprefix('io.oms.')}.json"]).validate(event["data"])
        said.add(event["type"])
    assert {command for _, _, command, _ in told} >= {each.__name__ for each in proposal.COMMANDS}
    assert said >= proposal.EVENTS.keys()


async def resource(desk):
    checks = [json.loads(row.body)["data"] for row in await desk.outbox.after(0, 1000) if b".checksRun." in row.body]
    return next(iter(checks[-1]["tasks"]))
