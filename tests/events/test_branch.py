"""Branches: created from a branch or a position, deleted, never reused."""

import pytest

from events.branches.branch import (
    BranchArchived,
    BranchCreated,
    BranchDeleted,
    BranchProtected,
    BranchRestored,
    BranchUnprotected,
    branch_key,
    must_be_open,
)
from events.decider import Context, Drafted
from events.findings import Refused
from tests.events.world import MAIN, Loaded, World


def test_a_branch_starts_where_the_log_ends():
    world = World()
    created = world.when("CreateBranch", name="dev/flights/gates")
    assert created == [BranchCreated(name="dev/flights/gates", parent=MAIN, base=1)]
    assert world.when("CreateBranch", name="dev/flights/gates") == []
    state = world.get("branch/dev/flights/gates")
    assert state == {"name": "dev/flights/gates", "parent": MAIN, "base": 1, "default": False, "deleted": False}


def test_a_branch_starts_at_a_position():
    world = World("dev/a/b")
    assert world.when("CreateBranch", name="dev/a/c", **{"from": "dev/a/b"}, at=1) == [
        BranchCreated(name="dev/a/c", parent="dev/a/b", base=1)
    ]
    assert world.findings("CreateBranch", name="dev/a/c") == [("BRANCH_EXISTS", "/name")]
    assert world.findings("CreateBranch", name="dev/a/d", at=99) == [("BRANCH_POSITION", "/at")]
    assert world.findings("CreateBranch", name="dev/a/d", at=0) == [("COMMAND_SHAPE", "/at")]


def test_a_deleted_branch_keeps_its_name():
    world = World("dev/a/b", "dev/a/c")
    assert world.when("DeleteBranch", name="dev/a/b") == [BranchDeleted(name="dev/a/b")]
    assert world.when("DeleteBranch", name="dev/a/b") == []
    assert world.findings("CreateBranch", name="dev/a/b") == [("BRANCH_NAME_USED", "/name")]
    assert world.findings("CreateBranch", name="dev/a/d", **{"from": "dev/a/b"}) == [("BRANCH_DELETED", "/from")]


@pytest.mark.parametrize("command", ["DeleteBranch", "ArchiveBranch"])
def test_the_default_branch_stays(command):
    assert World().findings(command, name=MAIN) == [("BRANCH_DEFAULT", "/name")]
    assert World().findings(command, name="dev/a/b") == [("BRANCH_UNKNOWN", "/name")]


AIRLINE = {"name": "항공사", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}


def test_an_archived_branch_is_read_only_until_it_is_restored():
    world = World("dev/a/b")
    before = world.get("branch/dev/a/b")
    assert world.when("ArchiveBranch", name="dev/a/b") == [BranchArchived(name="dev/a/b")]
    assert world.when("ArchiveBranch", name="dev/a/b") == []
    assert world.findings("CreateObjectType", on="dev/a/b", **AIRLINE) == [("BRANCH_ARCHIVED", "")]
    assert world.when("CreateBranch", name="dev/a/c", **{"from": "dev/a/b"})
    assert world.when("RestoreBranch", name="dev/a/b") == [BranchRestored(name="dev/a/b")]
    assert world.when("RestoreBranch", name="dev/a/b") == []
    assert world.get("branch/dev/a/b") == before


def test_a_deleted_branch_comes_back_as_it_was():
    world = World("dev/a/b")
    before = world.get("branch/dev/a/b")
    world.when("ArchiveBranch", name="dev/a/b")
    world.when("DeleteBranch", name="dev/a/b")
    for command in ("ArchiveBranch", "ProtectBranch", "UnprotectBranch"):
        assert world.findings(command, name="dev/a/b") == [("BRANCH_DELETED", "/name")]
    world.when("RestoreBranch", name="dev/a/b")
    assert world.get("branch/dev/a/b") == before
    assert world.when("CreateObjectType", on="dev/a/b", **AIRLINE)


def test_on_a_protected_branch_nothing_is_written_directly():
    world = World()
    before = world.get(f"branch/{MAIN}")
    protected = world.when("ProtectBranch", name=MAIN, approvals=2, reviewers=["지우@desk"])
    assert protected == [BranchProtected(name=MAIN, approvals=2, reviewers=["지우@desk"], by="ada@test")]
    assert world.when("ProtectBranch", name=MAIN, approvals=2, reviewers=["지우@desk"]) == []
    assert world.get(f"branch/{MAIN}")["protected"] == {"approvals": 2, "reviewers": ["지우@desk"], "by": "ada@test"}
    assert world.findings("CreateObjectType", **AIRLINE) == [("RULE_PROTECTED", "")]
    assert world.when("CreateBranch", name="dev/a/b")
    assert world.when("CreateObjectType", on="dev/a/b", **AIRLINE)
    assert world.when("ProtectBranch", name=MAIN) == [BranchProtected(name=MAIN, approvals=1, by="ada@test")]
    assert world.when("UnprotectBranch", name=MAIN) == [BranchUnprotected(name=MAIN)]
    assert world.when("UnprotectBranch", name=MAIN) == []
    assert world.get(f"branch/{MAIN}") == before


@pytest.mark.parametrize("author", ["ada@test", "지우@desk"])
def test_protection_is_up_to_who_protected_and_the_reviewers(author):
    world = World("dev/a/b")
    world.when("ProtectBranch", name="dev/a/b", reviewers=["지우@desk"])
    world.author = "eve@test"
    assert world.when("ProtectBranch", name="dev/a/b", reviewers=["지우@desk"]) == []
    for command, data in (
        ("UnprotectBranch", {}),
        ("ProtectBranch", {"approvals": 0}),
        ("ArchiveBranch", {}),
        ("DeleteBranch", {}),
    ):
        assert world.findings(command, name="dev/a/b", **data) == [("BRANCH_PROTECTION", "/name")]
    world.author = author
    assert world.when("ProtectBranch", name="dev/a/b", approvals=0)
    assert world.when("UnprotectBranch", name="dev/a/b")
    world.author = "eve@test"
    assert world.when("DeleteBranch", name="dev/a/b")


def test_a_protection_that_does_not_say_whose_it_is_is_lifted_by_anybody():
    world = World()
    world.fold([Drafted(branch_key(MAIN), "-", BranchProtected(name=MAIN, approvals=1))], Loaded(world.stored))
    world.author = "eve@test"
    assert world.when("UnprotectBranch", name=MAIN)


def test_who_is_permitted_writes_on_a_protected_branch():
    world = World()
    world.when("ProtectBranch", name=MAIN)
    heads = Loaded(world.stored)
    must_be_open(Context(MAIN, "", 0, world.new_id, heads, permit=MAIN))
    with pytest.raises(Refused, match="RULE_PROTECTED"):
        must_be_open(Context(MAIN, "", 0, world.new_id, heads, permit="dev/a/b"))


def test_a_branch_has_at_most_sixteen_parents():
    world = World()
    parent = MAIN
    for depth in range(1, 17):
        world.when("CreateBranch", name=f"dev/a/b{depth}", **{"from": parent})
        parent = f"dev/a/b{depth}"
    assert world.findings("CreateBranch", name="dev/a/last", **{"from": parent}) == [("BRANCH_DEPTH", "/from")]


def test_nothing_is_written_on_a_branch_that_is_not_there():
    world = World("dev/a/b")
    world.when("DeleteBranch", name="dev/a/b")
    data = {"name": "Airline", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
    assert world.findings("CreateObjectType", on="dev/a/b", **data) == [("BRANCH_DELETED", "")]
    assert world.findings("CreateObjectType", on="dev/a/c", **data) == [("BRANCH_UNKNOWN", "")]
    assert world.findings("CreateBranch", on="dev/a/c", name="dev/a/c") == [("BRANCH_UNKNOWN", "/from")]


@pytest.mark.parametrize("name", ["", "main", "dev/a", "dev/a/b/c", "dev/a/b\n", "Dev/a/b", "dev/-a/b", "dev/가/b", "dev/a.b/c", "x/a/b", f"dev/a/{'b' * 64}"])  # fmt: skip
def test_what_is_no_name(name):
    assert World().findings("CreateBranch", name=name) == [("BRANCH_NAME", "/name")]


def test_the_first_event_is_the_default_branch():
    assert World().get(f"branch/{MAIN}")["default"] is True
    from events.branches.branch import genesis

    with pytest.raises(Refused, match="BRANCH_NAME"):
        genesis("main")
