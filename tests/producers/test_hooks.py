"""What a commit passes: rules and personal data, all findings at once, warnings with what is accepted."""

from typing import Any

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, Desk, asked, codes

CREW = {
    "name": "Crew",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "이름", "type": "string"},
        {"name": "memo", "type": "string"},
        {"name": "contact", "type": "string", "marking": "redact"},
        {"name": "public", "type": "string", "marking": "reject"},
        {"name": "mail", "type": "string", "marking": "allow"},
        {"name": "notes", "type": "json"},
        {"name": "tags", "type": "string", "array": True},
        {"name": "hours", "type": "integer"},
        {"name": "grade", "type": "enum", "values": ["기장", "부기장"]},
    ],
}


@pytest.fixture
async def desk() -> Desk:
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", **CREW)
    return desk


def crew(key: str, **properties: Any) -> dict[str, Any]:
    return {"type": "Crew", "properties": {"id": key, **properties}}


def told(outcome: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["code"], finding["path"]) for finding in outcome["findings"]]


async def test_personal_data_without_a_marking_warns_or_is_refused_by_its_kind(desk):
    outcome = await desk.send(
        "CreateObject", **crew("1", memo="연락 010-1234-5678", notes={"a": ["x", "kim@example.com"]})
    )
    assert outcome["status"] == "accepted"
    assert told(outcome) == [("PII_PHONE", "/data/properties/memo"), ("PII_EMAIL", "/data/properties/notes/a/1")]
    outcome = await desk.send(
        "CreateObject", **crew("2", memo="주민 900101-1234567, kim@example.com", tags=["카드 4111111111111111"])
    )
    assert outcome["status"] == "rejected"
    assert told(outcome) == [("PII_RRN", "/data/properties/memo"), ("PII_CARD", "/data/properties/tags/0")]
    assert "900101" not in str(outcome["findings"])


async def test_an_update_is_looked_at_for_what_it_changes_alone(desk):
    await desk.send("CreateObject", **crew("1", memo="010-1234-5678"))
    outcome = await desk.send("UpdateObject", type="Crew", key="1", patch={"hours": 1})
    assert told(outcome) == []
    outcome = await desk.send("UpdateObject", type="Crew", key="1", patch={"tags": ["a@b.co"]})
    assert told(outcome) == [("PII_EMAIL", "/data/patch/tags/0")]


async def test_the_policy_of_the_branch_says_otherwise(desk):
    await desk.send("SetPiiPolicy", kinds={"rrn": "allow", "email": "reject"})
    outcome = await desk.send("CreateObject", **crew("1", memo="900101-1234567"))
    assert (outcome["status"], told(outcome)) == ("accepted", [])
    outcome = await desk.send("CreateObject", **crew("2", memo="kim@example.com"))
    assert told(outcome) == [("PII_EMAIL", "/data/properties/memo")]
    await desk.send("CreateBranch", name="dev/main/open")
    await desk.send("SetPiiPolicy", on="dev/main/open", kinds={"email": "allow"})
    outcome = await desk.send("CreateObject", on="dev/main/open", **crew("2", memo="kim@example.com"))
    assert (outcome["status"], told(outcome)) == ("accepted", [])
    assert (await desk.send("CreateObject", **crew("2", memo="kim@example.com")))["status"] == "rejected"


async def test_a_marking_comes_before_the_policy(desk):
    secret = "hana@example.com / 010-1234-5678"
    outcome = await desk.send("CreateObject", **crew("1", contact=secret, mail=secret))
    assert (outcome["status"], told(outcome)) == ("accepted", [])
    assert (await desk.stored("object/Crew/1"))["contact"] == "****@*******.*** / ***-****-****"
    assert (await desk.stored("object/Crew/1"))["mail"] == secret
    outcome = await desk.send("CreateObject", **crew("2", public=secret, hours="x"))
    assert outcome["status"] == "rejected"
    assert sorted(told(outcome)) == [
        ("PII_EMAIL", "/data/properties/public"),
        ("PII_PHONE", "/data/properties/public"),
        ("VALUE_TYPE", "/data/properties/hours"),
    ]


async def test_a_merge_brings_nothing_into_a_property_that_masks(desk):
    dev = "dev/main/calls"
    await desk.send("CreateBranch", name=dev)
    await desk.send("CreateObject", on=dev, **crew("1", memo="010-1234-5678"))
    assert codes(await desk.send("SetMarking", type="Crew", property="memo", marking="redact")) == []
    outcome = await desk.send("MergeBranch", source=dev)
    assert (outcome["status"], told(outcome)) == ("rejected", [("PII_PHONE", "/data")])
    await desk.send("UpdateObject", on=dev, type="Crew", key="1", patch={"memo": "없음"})
    assert (await desk.send("MergeBranch", source=dev))["status"] == "accepted"


async def test_what_is_masked_is_the_same_when_it_is_sent_again(desk):
    given = crew("1", contact="전화 010-1234-5678")
    await desk.send("CreateObject", **given)
    assert (await desk.send("CreateObject", **given))["status"] == "unchanged"
    assert (await desk.send("UpsertObject", **given))["status"] == "unchanged"
    update = {"type": "Crew", "key": "1", "patch": {"contact": "전화 010-8765-4321"}}
    assert (await desk.send("UpdateObject", **update))["status"] == "unchanged"


async def test_what_is_known_of_a_link_is_looked_at_alike(desk):
    knows = [{"name": "since", "type": "string"}, {"name": "code", "type": "string", "marking": "redact"}]
    link = {"name": "knows", "from": "Crew", "to": "Crew", "cardinality": "n-n", "properties": knows}
    assert codes(await desk.send("CreateLinkType", **link)) == []
    for key in ("1", "2"):
        await desk.send("CreateObject", **crew(key))
    ends = {"type": "knows", "from": "1", "to": "2"}
    outcome = await desk.send("CreateLink", **ends, properties={"since": "900101-1234567", "code": "900101-1234567"})
    assert told(outcome) == [("PII_RRN", "/data/properties/since")]
    assert codes(await desk.send("CreateLink", **ends, properties={"code": "900101-1234567"})) == []
    assert (await desk.stored("link/knows/1~2"))["code"] == "******-*******"
    outcome = await desk.send("UpdateLink", **ends, patch={"since": "kim@example.com"})
    assert (outcome["status"], told(outcome)) == ("accepted", [("PII_EMAIL", "/data/patch/since")])


async def test_what_an_action_writes_into_a_masked_property_is_not_kept_with_it(desk):
    action = {
        "name": "Call",
        "parameters": {"crew": {"type": "reference", "target": "Crew"}, "phone": {"type": "string"}},
        "edits": [{"edit": "updateObject", "object": "crew", "set": {"contact": {"cel": "parameters.phone"}}}],
    }
    assert codes(await desk.send("CreateActionType", **action)) == []
    await desk.send("CreateObject", **crew("1"))
    given = {"crew": "1", "phone": "010-1234-5678"}
    assert codes(await desk.send("ApplyAction", action="Call", parameters=given)) == []
    assert (await desk.stored("object/Crew/1"))["contact"] == "***-****-****"
    assert all(b"010-1234-5678" not in row.body for row in await desk.outbox.after(0, 100))


async def test_a_rule_is_asked_of_what_a_commit_leaves(desk):
    await desk.send(
        "CreateRule", name="Rested", type="Crew", expression="new.hours <= 100", message="{key}: {new.hours} h"
    )
    outcome = await desk.send("CreateObject", **crew("1", hours=101))
    assert told(outcome) == [("RULE_VIOLATED", "/data")]
    assert outcome["findings"][0]["text"] == "the rule Rested of Crew 1 is violated: 1: 101 h"
    commit = [
        {"type": "CreateObject", "data": crew("1", hours=101)},
        {"type": "UpdateObject", "data": {"type": "Crew", "key": "1", "patch": {"hours": 99}}},
    ]
    assert (await desk.send("Commit", commands=commit))["status"] == "accepted"
    commit = [{"type": "CreateObject", "data": crew(key, hours=200)} for key in ("2", "3")]
    assert told(await desk.send("Commit", commands=commit)) == [
        ("RULE_VIOLATED", "/data/commands/0/data"),
        ("RULE_VIOLATED", "/data/commands/1/data"),
    ]


async def test_old_and_new_are_the_object_before_and_behind_the_commit(desk):
    await desk.send(
        "CreateRule",
        name="OnlyUp",
        type="Crew",
        changes=["update"],
        expression="!has(old.hours) || new.hours >= old.hours",
    )
    await desk.send(
        "CreateRule", name="Kept", type="Crew", changes=["delete"], expression="old.grade != '기장' && new == {}"
    )
    await desk.send("CreateObject", **crew("1", hours=10, grade="기장"))
    down, up = ({"type": "Crew", "key": "1", "patch": {"hours": hours}} for hours in (9, 11))
    assert codes(await desk.send("UpdateObject", **down)) == ["RULE_VIOLATED"]
    assert codes(await desk.send("UpdateObject", **up)) == []
    assert codes(await desk.send("DeleteObject", type="Crew", key="1")) == ["RULE_VIOLATED"]
    await desk.send("UpdateObject", type="Crew", key="1", patch={"grade": "부기장"})
    assert codes(await desk.send("DeleteObject", type="Crew", key="1")) == []


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("author == 'ada@test'", False),
        (
            "author == 'local@main' && branch == 'prod/main/main' && type == 'Crew' && key == '1' && change == 'create'",
            True,
        ),
        ("time > timestamp('2023-11-14T00:00:00Z') && time < timestamp('2023-11-15T00:00:00Z')", True),
        ("old == {} && new.id == key", True),
    ],
)
async def test_a_rule_may_use_who_when_and_where(desk, expression, holds):
    await desk.send("CreateRule", name="Said", type="*", expression=expression)
    assert codes(await desk.send("CreateObject", **crew("1"))) == ([] if holds else ["RULE_VIOLATED"])


async def test_a_warning_lets_pass_and_what_cannot_be_evaluated_does_not(desk):
    await desk.send("CreateRule", name="Short", type="Crew", expression="size(new['이름']) <= 3", severity="warn")
    outcome = await desk.send("CreateObject", **crew("1", 이름="남궁하나"))
    assert (outcome["status"], codes(outcome)) == ("accepted", ["RULE_VIOLATED"])
    outcome = await desk.send("CreateObject", **crew("2"))
    assert (outcome["status"], codes(outcome)) == ("accepted", ["RULE_FAILED"])
    await desk.send("UpdateRule", rule="Short", severity="reject")
    outcome = await desk.send("CreateObject", **crew("3"))
    assert (outcome["status"], codes(outcome)) == ("rejected", ["RULE_FAILED"])
    assert "needs '이름', which has no value" in outcome["findings"][0]["text"]
    await desk.send("UpdateRule", rule="Short", expression="new.id")
    assert codes(await desk.send("CreateObject", **crew("3"))) == ["RULE_FAILED"]


async def test_all_findings_of_all_hooks_come_at_once(desk):
    await desk.send("CreateRule", name="Named", type="Crew", expression="'이름' in new")
    await desk.send("CreateRule", name="Rested", type="Crew", expression="!has(new.hours) || new.hours <= 100")
    commit = [
        {"type": "CreateObject", "data": crew("1", hours=101, memo="주민 900101-1234567")},
        {"type": "CreateObject", "data": crew("2", hours="many")},
    ]
    assert sorted(codes(await desk.send("Commit", commands=commit))) == [
        "PII_RRN", "RULE_VIOLATED", "RULE_VIOLATED", "VALUE_TYPE",
    ]  # fmt: skip


async def test_a_rule_lives_on_its_branch(desk):
    await desk.send("CreateBranch", name="dev/main/rules")
    await desk.send("CreateRule", on="dev/main/rules", name="Never", type="Crew", expression="false")
    assert codes(await desk.send("CreateObject", on="dev/main/rules", **crew("1"))) == ["RULE_VIOLATED"]
    assert codes(await desk.send("CreateObject", **crew("1"))) == []
    await desk.send("DisableRule", on="dev/main/rules", rule="Never")
    assert codes(await desk.send("CreateObject", on="dev/main/rules", **crew("2"))) == []


async def test_a_rule_of_a_type_is_asked_of_the_types_below_it(desk):
    below = {"name": "Pilot", "parents": ["Crew"], "properties": [{"name": "면허", "type": "string"}]}
    assert codes(await desk.send("CreateObjectType", **below)) == []
    await desk.send("CreateRule", name="Rested", type="Crew", expression="new.hours <= 100")
    assert codes(await desk.send("CreateObject", type="Pilot", properties={"id": "9", "hours": 101})) == [
        "RULE_VIOLATED"
    ]


async def test_a_rule_keeps_to_the_property_it_was_written_for(desk):
    await desk.send("CreateRule", name="Rested", type="Crew", expression="new.hours <= 100", message="{new.hours}")
    assert codes(await desk.send("RenameProperty", type="Crew", property="hours", name="시간")) == []
    assert codes(await desk.send("CreateObject", **crew("1", 시간=99))) == []
    assert codes(await desk.send("CreateObject", **crew("2", 시간=101))) == ["RULE_VIOLATED"]


async def test_a_rule_that_sees_the_whole_object_outlives_its_properties(desk):
    await desk.send(
        "CreateRule", name="Changed", type="Crew", changes=["update"], expression="new != old && size(new) > 1"
    )
    await desk.send("CreateObject", **crew("1", hours=1, memo="x"))
    assert codes(await desk.send("RemoveProperty", type="Crew", property="memo")) == []
    assert codes(await desk.send("UpdateObject", type="Crew", key="1", patch={"hours": 2})) == []


async def test_warnings_are_no_more_than_an_answer_can_carry(desk):
    await desk.send("CreateRule", name="Loud", type="Crew", expression="false", message="가" * 490, severity="warn")
    commit = [{"type": "CreateObject", "data": crew(str(at))} for at in range(300)]
    outcome = await desk.send("Commit", commands=commit)
    assert (outcome["status"], codes(outcome)[-1]) == ("accepted", "COMMAND_MORE_FINDINGS")
    assert len(outcome["events"]) == 300


async def test_structs_are_seen_by_the_names_of_their_fields(desk):
    fields = [{"name": "도시", "type": "string"}, {"name": "phone", "type": "string"}]
    outcome = await desk.send("CreateStructType", name="Address", fields=fields)
    assert codes(outcome) == []
    places = [
        {"name": "home", "struct": "Address"},
        {"name": "work", "struct": "Address", "marking": "redact"},
    ]
    for place in places:
        assert codes(await desk.send("AddProperty", type="Crew", property=place)) == []
    await desk.send("CreateRule", name="Seoul", type="Crew", expression="!has(new.home) || new.home['도시'] == '서울'")
    given = {"도시": "서울", "phone": "010-1234-5678"}
    outcome = await desk.send("CreateObject", **crew("1", home=given, work=given))
    assert (outcome["status"], told(outcome)) == ("accepted", [("PII_PHONE", "/data/properties/home/phone")])
    assert "***-****-****" in str((await desk.stored("object/Crew/1"))["work"])
    assert codes(await desk.send("CreateObject", **crew("2", home={"도시": "부산"}))) == ["RULE_VIOLATED"]


async def test_a_type_that_a_rule_is_about_stays(desk):
    await desk.send("CreateRule", name="Rested", type="Crew", expression="true")
    outcome = await desk.send("DeleteObjectType", type="Crew")
    assert codes(outcome) == ["TYPE_IN_USE"]
    assert "rule Rested" in outcome["findings"][0]["text"]


async def test_a_rule_sees_personal_values_as_they_are(desk):
    closed = {"name": "home", "type": "string", "marking": "encrypt"}
    assert codes(await desk.send("AddProperty", type="Crew", property=closed)) == []
    await desk.send(
        "CreateRule", name="Home", type="Crew", expression="old == {} || new.home == old.home || change == 'delete'"
    )
    assert codes(await desk.send("CreateObject", **crew("1", home="서울 010-1234-5678"))) == []
    assert "서울" not in str(await desk.stored("object/Crew/1"))
    assert codes(await desk.send("UpdateObject", type="Crew", key="1", patch={"hours": 1})) == []
    assert codes(await desk.send("UpdateObject", type="Crew", key="1", patch={"home": "부산"})) == ["RULE_VIOLATED"]


async def test_rules_survive_a_restart(desk):
    await desk.send("CreateRule", name="Never", type="Crew", expression="false")
    desk.restart()
    group = [asked("CreateObject", MAIN, **crew(str(at))) for at in range(3)]
    assert [codes(outcome) for outcome in await desk.group(*group)] == [["RULE_VIOLATED"]] * 3


async def test_a_commit_that_would_take_too_long_is_refused(desk):
    heavy = "new.tags.map(a, a + 'x').size() > 0"
    await desk.send("CreateRule", name="Heavy", type="Crew", expression=heavy)
    tags = [str(at) for at in range(250)]
    commit = [{"type": "CreateObject", "data": crew(str(at), tags=tags)} for at in range(100)]
    outcome = await desk.send("Commit", commands=commit)
    assert (outcome["status"], codes(outcome)) == ("rejected", ["RULE_BUDGET"])
