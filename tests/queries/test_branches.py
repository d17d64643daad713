"""What the versions view says of branches and tags."""

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from queries.branches import branch, branches, overview, tags
from tests.queries.histories import MAIN, History

DEV, OLD = "dev/flights/gates", "dev/flights/old"


@pytest.fixture
def versions() -> MemoryVersions:
    history = History()
    history.branch(DEV, MAIN, 1, by="지우@desk")
    history.branch(OLD, DEV, 2)
    history.branch(OLD, DEV, 2, deleted=True)
    state = {"name": DEV, "parent": MAIN, "base": 3, "default": False, "deleted": False, "forked": 1, "floor": 4}
    moved = {**state, "archived": True, "protected": {"approvals": 2}, "merged": {OLD: 3}}
    history.commit(DEV, [(Key(f"branch/{DEV}"), "rebased", moved)], by="ana@desk")
    tag = {"name": "첫-버전", "branch": MAIN, "position": 1, "commit": "5e" * 32}
    history.commit(MAIN, [(Key("tag/첫-버전"), "created", tag)], by="ana@desk")
    return history.into(MemoryVersions())


def test_deleted_branches_are_listed_only_if_asked_for(versions):
    assert [(each.name, each.state) for each in branches(versions)] == [(DEV, "archived"), (MAIN, "open")]
    assert (OLD, "deleted") in [(each.name, each.state) for each in branches(versions, deleted=True)]


def test_a_branch_says_where_it_comes_from_and_who_made_it(versions):
    shown = branch(versions, DEV)
    assert (shown.parent, shown.base, shown.rebased, shown.merged) == (MAIN, 3, 4, {OLD: 3})
    assert (shown.protected, shown.version) == ({"approvals": 2}, 5)
    assert (shown.created_by, shown.updated_by) == ("지우@desk", "ana@desk")
    with pytest.raises(Refused, match="BRANCH_UNKNOWN"):
        branch(versions, "dev/no/such")


def test_tags(versions):
    (tag,) = tags(versions)
    assert (tag.name, tag.branch, tag.position, tag.created_by) == ("첫-버전", MAIN, 1, "ana@desk")


def test_all_of_it_at_once(versions):
    told = overview(versions)
    assert (told["position"], len(told["branches"]), len(told["tags"])) == (6, 2, 1)
