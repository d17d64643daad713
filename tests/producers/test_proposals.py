"""Proposals through the planner: reviewed by others, for what they saw, and merged as a whole or not at all."""

import json

import pytest

from adapters.memory_outbox import MemoryOutbox
from tests.producers.desk import MAIN, PLANE, Desk, codes, plane

DEV = "dev/main/gates"
ADA, BO, CY = "ada@desk", "bo@desk", "cy@desk"


@pytest.fixture
async def desk():
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.send("CreateObjectType", **PLANE)
    await desk.send("CreateObject", **plane("N1", seats=100))
    await desk.send("CreateBranch", name=DEV, **{"from": MAIN})
    await desk.send("UpdateObject", DEV, type="Plane", key="N1", patch={"seats": 120})
    await desk.send("CreateObject", DEV, **plane("한국"))
    return desk


async def said(desk, who, type_, /, on=MAIN, **data):
    (outcome,) = await desk.group({"type": type_, "branch": on, "author": who, "data": data})
    return outcome


async def opened(desk, **data):
    outcome = await said(desk, ADA, "OpenProposal", on=DEV, source=DEV, title="탑승구", **data)
    assert outcome["status"] == "accepted", outcome
    return outcome


async def state(desk, key, on=MAIN):
    """What is stored of a key last."""
    stored = [w for w in await desk.outbox.heads_after("", "", 0, 10_000) if w.key == key and w.branch in ("", on)]
    return json.loads(stored[-1].state) if stored else None


async def test_a_proposal_is_opened_reviewed_and_merged_as_one_commit(desk):
    await desk.send("ProtectBranch", name=MAIN)
    refused = await desk.send("CreateObject", **plane("N9"))
    assert codes(refused) == ["RULE_PROTECTED"]
    await opened(desk, reviewers=[BO])
    assert codes(await said(desk, ADA, "ApproveProposal", proposal=1)) == ["PROPOSAL_OWN"]
    assert codes(await said(desk, BO, "MergeProposal", proposal=1)) == ["PROPOSAL_APPROVALS"]
    assert (await said(desk, BO, "ApproveProposal", proposal=1))["status"] == "accepted"
    assert (await state(desk, "proposal/1"))["status"] == "APPROVED"
    merged = await said(desk, BO, "MergeProposal", proposal=1)
    assert (merged["status"], len(merged["events"])) == ("accepted", 4)
    assert (await state(desk, "object/Plane/N1"))["properties"]["seats"] == 120
    assert (await state(desk, "object/Plane/한국"))["deleted"] is False
    assert (await state(desk, "proposal/1"))["status"] == "MERGED"
    assert codes(await said(desk, BO, "MergeProposal", proposal=1)) == ["PROPOSAL_OVER"]


async def test_a_commit_on_the_source_revokes_approvals_and_a_comment_does_not(desk):
    await desk.send("ProtectBranch", name=MAIN)
    await opened(desk)
    await said(desk, BO, "ApproveProposal", proposal=1)
    await said(desk, CY, "CommentOnProposal", on=DEV, proposal=1, text="좋아요")
    assert (await said(desk, BO, "ApproveProposal", proposal=1))["status"] == "unchanged"
    await desk.send("CreateObject", DEV, **plane("N2"))
    assert codes(await said(desk, BO, "MergeProposal", proposal=1)) == ["PROPOSAL_APPROVALS"]
    await said(desk, CY, "ApproveProposal", proposal=1)
    assert (await said(desk, BO, "MergeProposal", proposal=1))["status"] == "accepted"


async def test_the_target_says_how_many_and_whose_approvals_count(desk):
    await desk.send("ProtectBranch", name=MAIN, approvals=1, reviewers=[CY])
    await opened(desk)
    await said(desk, BO, "ApproveProposal", proposal=1)
    assert (await state(desk, "proposal/1"))["status"] == "OPEN"
    assert codes(await said(desk, BO, "MergeProposal", proposal=1)) == ["PROPOSAL_APPROVALS"]
    await said(desk, CY, "ApproveProposal", proposal=1)
    assert (await said(desk, BO, "MergeProposal", proposal=1))["status"] == "accepted"


async def test_requested_changes_stop_a_merge_until_who_asked_approves(desk):
    await opened(desk)
    await said(desk, BO, "RequestChanges", proposal=1, text="좌석 수가 틀렸어요")
    assert codes(await said(desk, ADA, "MergeProposal", proposal=1)) == ["PROPOSAL_CHANGES_REQUESTED"]
    await said(desk, CY, "ApproveProposal", proposal=1)
    assert (await state(desk, "proposal/1"))["status"] == "CHANGES_REQUESTED"
    await said(desk, BO, "ApproveProposal", proposal=1)
    assert (await said(desk, ADA, "MergeProposal", proposal=1))["status"] == "accepted"


async def test_conflicts_are_found_by_checks_and_resolved_for_both_branches_as_they_are(desk):
    await opened(desk)
    await desk.send("UpdateObject", type="Plane", key="N1", patch={"seats": 90})
    await said(desk, BO, "RunChecks", proposal=1)
    checks = (await state(desk, "proposal/1"))["checks"]
    (conflict,) = checks["conflicts"]
    assert (checks["open"], conflict["kind"], conflict["base"], conflict["ours"], conflict["theirs"]) == (
        1, "FIELD", 100, 90, 120
    )  # fmt: skip
    assert (await said(desk, CY, "RunChecks", proposal=1))["status"] == "unchanged"
    assert codes(await said(desk, BO, "MergeProposal", proposal=1)) == ["MERGE_CONFLICT_FIELD"]

    place = {"key": conflict["key"], "path": conflict["path"]}
    nowhere = await said(desk, BO, "ResolveConflict", proposal=1, key="object/Plane/없음", path="", choice="theirs")
    assert codes(nowhere) == ["MERGE_RESOLUTION_UNUSED"]
    await said(desk, BO, "ResolveConflict", proposal=1, **place, choice="custom", value=105)
    await desk.send("UpdateObject", type="Plane", key="N1", patch={"seats": 91})
    assert codes(await said(desk, BO, "MergeProposal", proposal=1)) == ["MERGE_CONFLICT_FIELD"]
    await said(desk, BO, "ResolveConflict", proposal=1, **place, choice="custom", value=105)
    assert (await said(desk, BO, "MergeProposal", proposal=1))["status"] == "accepted"
    assert (await state(desk, "object/Plane/N1"))["properties"]["seats"] == 105


async def test_tasks_are_resources_and_many_edits_of_one_type_are_one(desk):
    for number in range(30):
        await desk.send("CreateObject", DEV, **plane(f"M{number}"))
    await desk.send("AddProperty", DEV, type="Plane", property={"name": "gate", "type": "string"})
    await opened(desk)
    await said(desk, BO, "RunChecks", proposal=1)
    tasks = (await state(desk, "proposal/1"))["tasks"]
    ((resource, task),) = tasks.items()
    assert (resource.startswith("objectType/ri.oms."), task["changes"]) == (True, 33)
    assert codes(await said(desk, BO, "ApproveTask", proposal=1, resource="objectType/x")) == ["PROPOSAL_TASK"]
    assert (await said(desk, BO, "ApproveTask", proposal=1, resource=resource))["status"] == "accepted"
    assert (await said(desk, BO, "ApproveTask", proposal=1, resource=resource))["status"] == "unchanged"


async def test_a_closed_proposal_leaves_the_target_as_it_was_and_can_be_reopened(desk):
    before = await state(desk, "object/Plane/N1")
    await opened(desk, draft=True)
    assert codes(await said(desk, BO, "ApproveProposal", proposal=1)) == ["PROPOSAL_DRAFT"]
    await said(desk, ADA, "MarkReady", proposal=1)
    await said(desk, BO, "CloseProposal", proposal=1, reason="아니요")
    assert await state(desk, "object/Plane/N1") == before
    assert codes(await said(desk, BO, "ApproveProposal", proposal=1)) == ["PROPOSAL_OVER"]
    assert (await said(desk, ADA, "ReopenProposal", proposal=1))["status"] == "accepted"
    assert (await said(desk, ADA, "ReopenProposal", proposal=1))["status"] == "unchanged"


async def test_there_is_one_open_proposal_from_a_branch_to_another(desk):
    await opened(desk)
    again = await said(desk, ADA, "OpenProposal", on=DEV, source=DEV, title="탑승구")
    assert again["status"] == "unchanged"
    assert codes(await said(desk, BO, "OpenProposal", on=DEV, source=DEV, title="other")) == ["PROPOSAL_OPEN"]
    await said(desk, ADA, "CloseProposal", proposal=1)
    assert (await said(desk, BO, "OpenProposal", on=DEV, source=DEV, title="other"))["status"] == "accepted"
    assert (await state(desk, "proposal/2"))["author"] == BO


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"source": "dev/no/where"}, "BRANCH_UNKNOWN"),
        ({"source": MAIN}, "PROPOSAL_TARGET"),
        ({"source": DEV, "target": DEV}, "PROPOSAL_TARGET"),
        ({"source": DEV, "reviewers": ["bo"]}, "PROPOSAL_REVIEWER"),
    ],
)
async def test_what_cannot_be_proposed_is_refused(desk, data, code):
    assert code in codes(await said(desk, ADA, "OpenProposal", on=DEV, title="x", **data))
    assert codes(await said(desk, ADA, "MarkReady", proposal=7)) == ["PROPOSAL_UNKNOWN"]


async def test_a_branch_with_an_open_proposal_is_not_deleted(desk):
    await opened(desk)
    assert codes(await desk.send("DeleteBranch", name=DEV)) == ["BRANCH_PROPOSED"]
    await said(desk, ADA, "CloseProposal", proposal=1)
    assert (await desk.send("DeleteBranch", name=DEV))["status"] == "accepted"
