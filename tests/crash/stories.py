"""What clients want in the crash sweep: steps, one after the other; the commands of a step are sent at once."""

from collections.abc import Mapping
from typing import Any, Final

from documents.splitting import split
from tests.events.actions import CANCEL, FLIGHT, GATE, NOTE
from tests.producers.desk import MAIN, PLANE, asked, plane

DEV: Final = "dev/main/gate"
PERSON: Final = {
    "name": "Person",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "전화", "type": "string", "marking": "encrypt", "unique": True},
    ],
}
AHEAD: Final = "sections"
"""Of a command: contents by digest, uploaded before it is sent."""

MEANWHILE: Final = "meanwhile"
"""Sent by somebody else when a command of its step was decided ahead and is not lined up yet."""

DRY: Final = "dry"
"""With this the ids of dry runs begin."""

Command = dict[str, Any]
Steps = list[list[Command]]


def one(*commands: Command, on: str = MAIN) -> Command:
    return asked("Commit", on, commands=[{"type": each["type"], "data": each["data"]} for each in commands])


def seats(tail: str, number: int, on: str = MAIN) -> Command:
    return asked("UpdateObject", on, type="Plane", key=tail, patch={"seats": number})


def person(key: str, phone: str) -> Command:
    return asked("CreateObject", type="Person", properties={"id": key, "전화": phone})


def purge(key: str) -> Command:
    return asked("PurgeObject", type="Person", key=key, reason="요청")


def meanwhile(command: Command) -> Command:
    return {**command, "when": MEANWHILE}


def dry(command: Command) -> Command:
    return {**command, "dryRun": True}


def by(author: str, type_: str, /, on: str = MAIN, **data: Any) -> Command:
    return {**asked(type_, on, **data), "author": author}


PLANES: Final = one(
    asked("CreateObjectType", **PLANE),
    *[asked("CreateObject", **plane(tail, seats=1, serial=tail)) for tail in ("HL1", "HL2", "HL3")],
)
MANUAL: Final = {
    "name": "Manual",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "내용", "type": "json", "unfoldable": True}],
}


def manual(key: str, word: str) -> Command:
    """A document of some sections, sent as one that is too large for a message."""
    found = split({"title": "지침", "장": [f"{word} {n} " * 80 for n in range(30)]})
    assert found is not None
    command = asked("UpsertObject", type="Manual", properties={"id": key, "내용": found.stub.json()})
    return {**command, AHEAD: found.sections}


FILE: Final = {
    "name": "File",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "내용", "type": "json", "unfoldable": True, "marking": "encrypt"},
    ],
}


def file(key: str, word: str) -> Command:
    """An encrypted document of so many sections that it is decided beside the commits."""
    found = split({f"{n}장": f"{word} {n} ".ljust(17_000, "x") for n in range(34)})
    assert found is not None
    command = asked("UpsertObject", type="File", properties={"id": key, "내용": found.stub.json()})
    return {**command, AHEAD: found.sections}


def volume(key: str, word: str) -> Command:
    """A document in plain, as large as `file`."""
    command = file(key, word)
    return {**command, "data": {**command["data"], "type": "Manual"}}


SEALING: Final = {
    "change": {"type": "SetMarking", "data": {"type": "Manual", "property": "내용", "marking": "encrypt"}},
    "fix": {"kind": "cast"},
}


def batch(step: int) -> Command:
    return asked("ApplyMigrationBatch", migration=1, step=step)


PART: Final = {"name": "Part", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
OF: Final = {"name": "partOf", "from": "Part", "to": "Part", "cardinality": "n-1", "onDelete": "cascade"}
ON_DEV: Final = one(
    seats("HL1", 10),
    asked("CreateObject", **plane("한국", seats=9)),
    asked("DeleteObject", type="Plane", key="HL3"),
    on=DEV,
)

STORIES: Final[Mapping[str, Steps]] = {
    "data": [
        [asked("CreateObjectType", **PLANE)],
        [asked("CreateObject", **plane("N1", serial="a")), asked("CreateObject", **plane("N2"))],
        [one(*[asked("CreateObject", **plane(f"M{i}")) for i in range(6)])],
        [asked("CreateBranch", name=DEV), seats("N1", 3)],
        [asked("DeleteObject", DEV, type="Plane", key="N1"), asked("CreateObject", **plane("N1"))],
    ],
    "links": [
        [one(asked("CreateObjectType", **PART), asked("CreateLinkType", **OF))],
        [one(*[asked("CreateObject", type="Part", properties={"id": key}) for key in "가나다라"])],
        [one(*[asked("CreateLink", type="partOf", **{"from": key, "to": "라"}) for key in "가나다"])],
        [asked("DeleteObject", type="Part", key="라")],
    ],
    "merge": [
        [PLANES, asked("CreateBranch", name=DEV)],
        [ON_DEV, seats("HL2", 2)],
        [asked("MergeBranch", source=DEV), seats("HL1", 11), meanwhile(seats("HL2", 3))],
        [seats("한국", 90, on=DEV)],
        [asked("MergeBranch", source=DEV), meanwhile(seats("한국", 90))],
    ],
    "conflict": [
        [PLANES, asked("CreateBranch", name=DEV)],
        [ON_DEV],
        [asked("MergeBranch", source=DEV), meanwhile(seats("HL1", 2))],
        [asked("MergeBranch", source=DEV, resolve="theirs")],
    ],
    "rebase": [
        [PLANES, asked("CreateBranch", name=DEV)],
        [ON_DEV, seats("HL2", 2)],
        [asked("RebaseBranch", DEV), seats("HL1", 11, on=DEV), meanwhile(seats("HL2", 3))],
        [seats("HL2", 4), seats("HL2", 5, on=DEV)],
        [asked("RebaseBranch", DEV, resolve="ours"), meanwhile(seats("HL1", 12, on=DEV))],
    ],
    "proposal": [
        [PLANES, asked("CreateBranch", name=DEV)],
        [ON_DEV, asked("ProtectBranch", name=MAIN)],
        [by("ada@desk", "OpenProposal", DEV, source=DEV, title="탑승구")],
        [by("bo@desk", "ApproveProposal", proposal=1)],
        [by("bo@desk", "MergeProposal", proposal=1), meanwhile(asked("CreateBranch", name="dev/main/other"))],
    ],
    "action": [
        [one(*[asked("CreateObjectType", **each) for each in (FLIGHT, GATE, NOTE)])],
        [asked("CreateActionType", **CANCEL), asked("CreateObject", type="Flight", properties={"id": "편1"})],
        [asked("ApplyAction", action="CancelFlight", parameters={"flight": "편1", "reason": "안개"})],
        [asked("ApplyAction", action="CancelFlight", parameters={"flight": "편2", "reason": "안개"})],
    ],
    "purge": [
        [asked("CreateObjectType", **PERSON)],
        [person("a", "010-1"), person("b", "010-2"), asked("CreateBranch", name=DEV)],
        [purge("a"), person("a", "010-3")],
        [one(purge("b"), person("b", "010-2"))],
        [purge("a"), purge("a")],
    ],
    "uploads": [
        [asked("CreateObjectType", **MANUAL)],
        [manual("m1", "점검"), manual("m2", "점검")],
        [manual("m1", "정비"), asked("CreateBranch", name=DEV)],
    ],
    "encrypted": [
        [asked("CreateObjectType", **FILE)],
        [file("f1", "점검"), meanwhile(asked("CreateObject", type="File", properties={"id": "f2", "내용": "짧다"}))],
        [asked("PurgeObject", type="File", key="f1", reason="요청"), file("f1", "정비")],
    ],
    "migration": [
        [asked("CreateObjectType", **MANUAL)],
        [volume("m1", "점검")],
        [
            asked("PlanMigration", **SEALING),
            *(asked(each, migration=1) for each in ("ApproveMigration", "RunMigration")),
        ],
        [batch(0), meanwhile(asked("CreateObject", type="Manual", properties={"id": "m2", "내용": "x" * 20_000}))],
        [asked("RevertMigration", migration=1), batch(0)],
    ],
    "dry run": [
        [PLANES, asked("CreateBranch", name=DEV), asked("CreateObjectType", **PERSON), person("a", "010-1")],
        [ON_DEV, dry(purge("a")), dry(person("c", "010-4"))],
        [dry(asked("MergeBranch", source=DEV)), dry(asked("RebaseBranch", DEV)), dry(seats("HL1", 7))],
        [dry(one(purge("a"), person("a", "010-5"))), person("b", "010-2")],
    ],
}
