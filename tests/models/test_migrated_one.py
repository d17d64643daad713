"""Laws of merges where one side moved objects under another key or to another type, whatever both made of that key.

A merge of two branches of which one has migrated comes to what a merge of both as they were comes to, migrated then.
"""

from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from tests.models.test_merges import ID, MAIN, A, Story, derived, merging, standing
from tests.models.test_migrated_merges import BOSS, TAG, N, migrated, of
from tests.producers.desk import Desk, asked
from tests.producers.states import known
from tests.producers.test_migrations import said as told_of

WORD = {"name": "word", "type": "string"}
PERSON = asked("CreateObjectType", name="사람", primaryKey=["id"], properties=[ID, N, TAG, BOSS, WORD])
THERE = [asked("CreateObject", type="사람", properties={"id": key, "n": 1, "tag": key, "word": "말"}) for key in "123"]
NAMED = [
    PERSON,
    asked("CreateLinkType", name="knows", onDelete="unlink", **{"from": "사람", "to": "사람"}),
    *THERE,
    asked("UpdateObject", type="사람", key="2", patch={"boss": "1"}),
    asked("CreateLink", type="knows", **{"from": "1", "to": "2"}),
]
PLAIN = [
    asked("CreateObjectType", name="사람", primaryKey=["id"], properties=[ID, N, TAG, WORD]),
    asked("CreateObjectType", name="손님", primaryKey=["tag"], properties=[TAG, ID, WORD, N]),
    *THERE,
]
BRANCH = asked("CreateBranch", name=A)
Change = tuple[Any, ...]
"""What is done to an object, which is named by its `id`, whatever its key."""

ids = st.sampled_from("123")
words = st.tuples(st.just("word"), ids, st.sampled_from(["하나", "둘"]))
parts = st.one_of(
    st.tuples(st.just("n"), ids, st.integers(2, 3)), st.tuples(st.just("tag"), ids, st.sampled_from("xyz"))
)
naming = st.one_of(
    st.tuples(st.just("boss"), ids, ids), st.tuples(st.sampled_from(["CreateLink", "DeleteLink"]), ids, ids)
)
new = st.tuples(st.just("CreateObject"), st.sampled_from("45"), st.integers(1, 2))
gone = st.tuples(st.just("DeleteObject"), ids)


def written(*kinds: st.SearchStrategy[Change]) -> st.SearchStrategy[list[Change]]:
    return st.lists(st.one_of(*kinds), max_size=3)


async def changed(story: Story, on: str, change: Change) -> None:
    states = (state for key, state in (await story.living(on)).items() if key.startswith("object/"))
    at = {state["properties"]["id"]: (state["slug"], state["key"]) for state in states}
    what, id_, *rest = change
    if what == "CreateObject":
        if id_ not in at:
            values = {"id": id_, "n": rest[0], "tag": f"{id_}{rest[0]}"}
            await story.send(asked(what, on, type="사람", properties=values))
        return
    if id_ not in at or (what in ("boss", "CreateLink", "DeleteLink") and rest[0] not in at):
        return
    type_, key = at[id_]
    if what == "DeleteObject":
        await story.send(asked(what, on, type=type_, key=key))
    elif what in ("CreateLink", "DeleteLink"):
        await story.send(asked(what, on, type="knows", **{"from": key, "to": at[rest[0]][1]}))
    else:
        value = at[rest[0]][1] if what == "boss" else rest[0]
        await story.send(asked("UpdateObject", on, type=type_, key=key, patch={what: value}))


async def said(story: Story, on: str) -> dict[str, Any]:
    states = (await story.living(on)).items()
    return {key: state.get("properties", {}) for key, state in states if key.startswith(("object/", "link/"))}


async def told(plan: dict[str, Any] | None, there: list[Any], history: Any) -> Story:
    """`plan`: a migration of the branch, with what is written before, while it runs, and after it; else there is none."""
    early, during, late, ours = history
    story = Story(await Desk(MemoryOutbox("main")).open())
    for command in [*there, BRANCH]:
        assert await story.send(command) == "accepted"
    for change in early:
        await changed(story, A, change)
    if plan is not None:
        await story.send(asked("PlanMigration", A, **plan))
        for command in ("ApproveMigration", "RunMigration"):
            await story.send(asked(command, A, migration=1))
        await story.send(asked("ApplyMigrationBatch", A, migration=1, step=0))
    for change in during:
        await changed(story, A, change)
    step = 1
    while plan is not None and await story.send(asked("ApplyMigrationBatch", A, migration=1, step=step)) == "accepted":
        step += 1
    for change in late:
        await changed(story, A, change)
    for change in ours:
        await changed(story, MAIN, change)
    return story


async def completed(story: Story) -> bool:
    """Whether a migration was, the last one."""
    told_ = await told_of(story.desk)
    return bool(told_ and told_[-1]["said"] == "completed")


async def law(plan: dict[str, Any], there: list[Any], history: Any, source: str, target: str) -> None:
    story, other = await told(plan, there, history), await told(None, there, history)
    assume(await completed(story))
    moved, plain = await story.send(merging(source, target)), await other.send(merging(source, target))
    event(f"{moved}, {plain}")
    assert moved == "rejected" or plain != "rejected"
    found = await said(story, target)
    ids = [each["id"] for key, each in found.items() if key.startswith("object/")]
    assert len(ids) == len(set(ids))
    if moved == "accepted":
        assert await story.send(merging(source, target)) == "unchanged"
        states = await known(story.desk.outbox, target)
        assert standing(states) == derived(states)
    if "rejected" not in (moved, plain):
        await migrated(other, target, plan, 1)
        assume(await completed(other))
        assert found == await said(other, target)


sides = st.sampled_from([(A, MAIN), (MAIN, A)])
KEYS = [of("SetPrimaryKey", "move", type="사람", primaryKey=key) for key in (["n", "id"], ["tag"], ["n", "tag"])]
keyed = st.tuples(
    written(words, parts, parts, naming, new, gone),
    written(words, parts, naming),
    written(words, words, naming, naming, gone),
    written(words, parts, parts, parts, naming, new),
)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(KEYS), keyed, sides)
async def test_what_goes_under_another_key_and_is_merged_is_what_is_merged_and_goes_there(plan, history, way):
    await law(plan, NAMED, history, *way)


OVER = of("DeleteObjectType", "move", {"to": "손님", "otherwise": "drop"}, type="사람")
over = st.tuples(
    written(words, parts, parts, new, gone), st.just([]), written(words, words, gone), written(words, parts, parts, new)
)


@settings(max_examples=30, deadline=None)
@given(over, sides)
async def test_what_goes_over_to_another_type_and_is_merged_is_what_is_merged_and_goes_over(history, way):
    await law(OVER, PLAIN, history, *way)
