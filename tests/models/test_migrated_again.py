"""A merge that runs migrations and was planned before others wrote: brought along it is what it would be if planned now."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from tests.models.test_again import brought, submitted
from tests.models.test_merges import MAIN, A, Story
from tests.models.test_migrated_merges import START, keys, migrated, of, written
from tests.producers.desk import Desk, asked

MORE = [asked("CreateObject", type="사람", properties={"id": key, "n": int(key), "tag": key}) for key in "456789"]
apart = st.sampled_from(
    [
        of("ChangePropertyType", "cast", type="사람", property="n", to="string"),
        of(
            "ChangePropertyType",
            "map",
            {"values": {"1": "하나"}, "otherwise": "cast"},
            type="사람",
            property="n",
            to="string",
        ),
        of("SetRequired", "default", {"value": 5}, type="사람", property="n", required=True),
        of("SetRequired", "drop", type="사람", property="n", required=True),
        of("RemoveProperty", "drop", type="사람", property="boss"),
        of("RemoveProperty", "move", {"to": "tag"}, type="사람", property="boss"),
    ]
)
numbers = st.sampled_from("123456789")
update = st.builds(
    lambda k, p: asked("UpdateObject", type="사람", key=k, patch=p),
    numbers | keys,
    st.fixed_dictionaries(
        {}, optional={"n": st.integers(0, 2) | st.none(), "tag": st.sampled_from("xy"), "boss": numbers}
    ),
)
create = st.builds(
    lambda k, p: asked("CreateObject", type="사람", properties={"id": f"new{k}", **p}),
    numbers,
    st.fixed_dictionaries({}, optional={"n": st.integers(0, 2), "tag": st.sampled_from("xy")}),
)
others = st.lists(st.one_of(update, update, update, create), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(written(A), st.lists(apart, min_size=1, max_size=2), written(A), others, st.booleans(), others)
async def test_a_merge_that_migrates_is_what_it_would_be_if_it_were_planned_now(
    first: Any, planned: Any, theirs: Any, ours: Any, turned: bool, meanwhile: Any
) -> None:
    story = Story(await Desk(MemoryOutbox("main")).open())
    for command in [*START[:-1], *MORE, START[-1]]:
        assert await story.send(command) == "accepted"
    before, after = (MAIN, A) if turned else (A, MAIN)
    for command in first:
        await story.send({**command, "branch": before})
    for number, each in enumerate(planned, 1):
        await migrated(story, before, each, number)
    for on, commands in ((before, theirs), (after, ours)):
        for command in commands:
            await story.send({**command, "branch": on})
    await brought(story, submitted(story, "MergeBranch", {"source": A}), meanwhile)
