"""Laws of merges that run migrations: on random writes of two branches of which one, or each, has migrated meanwhile."""

from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from tests.models.test_merges import ID, MAIN, A, Story, derived, merging, standing
from tests.producers.desk import Desk, asked
from tests.producers.states import known

N, TAG = {"name": "n", "type": "integer"}, {"name": "tag", "type": "string"}
BOSS = {"name": "boss", "type": "reference", "target": "사람"}
ENDS = {"from": "사람", "to": "사람"}
START = [
    asked("CreateObjectType", name="사람", primaryKey=["id"], properties=[ID, N, TAG, BOSS]),
    asked("CreateLinkType", name="knows", **ENDS),
    asked("CreateLinkType", name="likes", **ENDS),
    *[asked("CreateObject", type="사람", properties={"id": key, "n": 1, "tag": key}) for key in "123"],
    *[asked("CreateLink", type="knows", **{"from": one, "to": other}) for one, other in ("12", "21", "32")],
    asked("CreateBranch", name=A),
]
keys = st.sampled_from(["1", "2", "3", "한"])
fields = {"n": st.integers(0, 2), "tag": st.sampled_from(["1", "x", "한"]), "boss": keys | st.none()}


def of(command: str, kind: str, more: dict[str, Any] | None = None, /, **data: Any) -> dict[str, Any]:
    return {"change": {"type": command, "data": data}, "fix": {"kind": kind, **(more or {})}}


migrations = st.sampled_from(
    [
        *(of("SetUnique", kind, type="사람", property="n", unique=True) for kind in ("first", "last", "drop")),
        *(of("SetCardinality", kind, type="knows", cardinality="1-n") for kind in ("first", "last", "drop")),
        *(of("SetAcyclic", kind, type="knows", acyclic=True) for kind in ("first", "last")),
        of("SetPrimaryKey", "move", type="사람", primaryKey=["tag"]),
        of("SetPrimaryKey", "move", type="사람", primaryKey=["n", "id"]),
        of("ChangePropertyType", "cast", type="사람", property="n", to="string"),
        of("SetRequired", "default", {"value": 5}, type="사람", property="n", required=True),
        of("DeleteLinkType", "redirect", {"to": "likes"}, type="knows"),
        of("RemoveProperty", "drop", type="사람", property="boss"),
    ]
)


def written(branch: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    upsert = st.builds(
        lambda k, p: asked("UpsertObject", branch, type="사람", properties={"id": k, **p}),
        keys,
        st.fixed_dictionaries({}, optional=fields),
    )
    delete = st.builds(lambda k: asked("DeleteObject", branch, type="사람", key=k), keys)
    links = st.builds(
        lambda c, t, x, y: asked(c, branch, type=t, **{"from": x, "to": y}),
        st.sampled_from(["CreateLink", "CreateLink", "DeleteLink"]),
        st.sampled_from(["knows", "knows", "likes"]),
        keys,
        keys,
    )
    return st.lists(st.one_of(upsert, upsert, links, links, delete), max_size=6)


sides = st.tuples(*(st.tuples(written(on), st.lists(migrations, max_size=2), written(on)) for on in (MAIN, A)))


async def told(history: Any) -> Story:
    story = Story(await Desk(MemoryOutbox("main")).open())
    for command in START:
        assert await story.send(command) == "accepted"
    for on, (before, planned, after) in zip((MAIN, A), history, strict=True):
        for command in before:
            await story.send(command)
        for number, each in enumerate(planned, 1):
            await migrated(story, on, each, number)
        for command in after:
            await story.send(command)
    return story


async def migrated(story: Story, on: str, planned: dict[str, Any], number: int) -> None:
    if await story.send(asked("PlanMigration", on, **planned)) != "accepted":
        return
    for command in ("ApproveMigration", "RunMigration"):
        await story.send(asked(command, on, migration=number))
    step = 0
    while await story.send(asked("ApplyMigrationBatch", on, migration=number, step=step)) == "accepted":
        step += 1


async def moved(story: Story, command: dict[str, Any]) -> str:
    answer = await story.send(command)
    event(answer)
    return answer


@settings(max_examples=150, deadline=None)
@given(sides)
async def test_reserved_keys_are_what_the_entities_say_and_twice_is_once(history):
    story = await told(history)
    head = await story.desk.outbox.head()
    if await moved(story, merging(A, MAIN)) == "accepted":
        assert await story.send(merging(A, MAIN)) == "unchanged"
        states = await known(story.desk.outbox, MAIN)
        assert standing(states) == derived(states)
    else:
        assert await story.desk.outbox.head() == head


@settings(max_examples=150, deadline=None)
@given(sides)
async def test_without_conflicts_it_does_not_matter_who_merges_whom(history):
    story = await told(history)
    turned = story.copy()
    there, back = await moved(story, merging(A, MAIN)), await turned.send(merging(MAIN, A))
    assert (there == "rejected") == (back == "rejected")
    if there != "rejected":
        assert await said(story, MAIN) == await said(turned, A)


@settings(max_examples=150, deadline=None)
@given(sides)
async def test_a_rebase_and_then_a_merge_is_a_merge(history):
    story = await told(history)
    direct = story.copy()
    rebased, merged = await moved(story, asked("RebaseBranch", A)), await direct.send(merging(A, MAIN))
    assume("rejected" not in (rebased, merged))
    assert await story.send(merging(A, MAIN)) != "rejected"
    assert await said(story, MAIN) == await said(direct, MAIN)


async def said(story: Story, on: str) -> Any:
    """Without what a branch alone has of reserving."""
    found = await story.living(on)
    for state in found.values():
        for name in ("reserving", "reserved", "tracing", "traced"):
            state.pop(name, None)
        for each in state.get("properties", {}).values():
            if isinstance(each, dict):
                each.pop("reserving", None)
    return found
