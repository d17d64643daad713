"""A part of the log: some branches with those they came from, objects and links of some types."""

import pytest

from adapters.memory_feed import MemoryFeed
from events.findings import Refused
from queries.wanted import EVERYTHING, wanted
from tests.projectors.story import MAIN, Story

RID = "ri.oms.object-type.018bcfe5-687b-71f9-9a6f-6f0a2b3c4d5e"


def told():
    story = Story()
    made = {"rid": RID, "slug": "Thing", "name": "Thing", "primaryKey": ["id"], "properties": []}
    story.commit(("objectType.created", f"objectType/{RID}", made))
    story.branch_created("dev/x/a")
    story.branch_created("dev/x/b", "dev/x/a")
    story.branch_created("dev/x/c")
    story.commit(
        ("objectType.renamed", f"objectType/{RID}", {"rid": RID, "slug": "Thing", "name": "것", "was": "Thing"})
    )
    story.created("k", text='"subject":"branch/none"')
    return MemoryFeed(story.messages, 2)


async def test_nothing_asked_is_everything():
    assert await wanted(told(), [], []) == EVERYTHING
    assert EVERYTHING("dev/x/a", "object/Thing/k")


async def test_a_branch_comes_with_those_it_came_from():
    part = await wanted(told(), ["dev/x/b"], [])
    assert part.branches == {MAIN, "dev/x/a", "dev/x/b"}
    assert not part("dev/x/c", "object/Thing/k")
    assert part("dev/x/c", "branch/dev/x/c")


@pytest.mark.parametrize("name", ["Thing", "것", RID])
async def test_a_type_is_called_by_any_name_it_had(name):
    part = await wanted(told(), [], [name])
    assert part(MAIN, "object/Thing/k")
    assert part(MAIN, "link/Thing/k")
    assert part(MAIN, f"objectType/{RID}")
    assert not part(MAIN, "object/Other/k")


async def test_a_name_is_that_of_the_last_type_that_had_it_and_of_no_property():
    other = RID.replace("5e", "5f")
    story = Story()
    made = {"rid": RID, "slug": "Thing", "name": "Thing", "primaryKey": ["id"], "properties": []}
    again = {**made, "rid": other, "slug": "Thing~2"}
    story.commit(("objectType.created", f"objectType/{RID}", made))
    story.commit(
        ("objectType.renamed", f"objectType/{RID}", {"rid": RID, "slug": "Thing", "name": "것", "was": "Thing"})
    )
    story.commit(("objectType.created", f"objectType/{other}", again))
    described = {"rid": RID, "slug": "Thing", "set": {"description": "old"}, "was": {}}
    story.commit(("objectType.metadataUpdated", f"objectType/{RID}", described))
    field = {"rid": other, "slug": "Thing~2", "field": "id", "name": "것", "was": "id"}
    story.commit(("objectType.propertyRenamed", f"objectType/{other}", field))
    feed = MemoryFeed(story.messages, 2)
    for name, slug in (
        ("Thing", "Thing~2"),
        ("Thing~2", "Thing~2"),
        ("것", "Thing"),
        (RID, "Thing"),
        (other, "Thing~2"),
    ):
        assert (await wanted(feed, [], [name])).slugs == {slug}
    with pytest.raises(Refused, match="TYPE_UNKNOWN"):
        await wanted(feed, [], ["id"])


@pytest.mark.parametrize(("branches", "types", "code", "hint"), [(["dev/x/z"], [], "BRANCH_UNKNOWN", "dev/x/b"), ([], ["Thinh"], "TYPE_UNKNOWN", "Thing")])  # fmt: skip
async def test_what_is_not_in_the_log_is_refused_with_what_may_have_been_meant(branches, types, code, hint):
    with pytest.raises(Refused) as refused:
        await wanted(told(), branches, types)
    assert refused.value.findings[0].code == code
    assert hint in refused.value.findings[0].text
