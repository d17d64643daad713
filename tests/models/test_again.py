"""A merge that was planned, and then others wrote: brought along it is, byte for byte, what it would be if planned now."""

import json
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from events.names import command_subject
from producers.command import Submitted
from producers.decide import AGAIN
from producers.receive import address, receive
from tests.models.test_merges import ID, MAIN, TYPES, A, Story, answers, histories, links, objects, told
from tests.producers.desk import Desk, asked

NUMBERS = "123456789"
numbers = st.sampled_from(NUMBERS)
members = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(0, 3) | st.none(),
        "tags": st.lists(st.sampled_from("xyz"), max_size=2, unique=True),
        "boss": numbers | st.none(),
        "tag": st.sampled_from(["x", "한"]),
    },
)


def on(branch: str) -> st.SearchStrategy[dict[str, Any]]:
    """What people write; mostly members of objects that are there."""
    update = st.builds(lambda k, p: asked("UpdateObject", branch, type="사람", key=k, patch=p), numbers, members)
    n = st.builds(
        lambda k, n: asked("UpdateObject", branch, type="사람", key=k, patch={"n": n}), numbers, st.integers(0, 2)
    )
    create = st.builds(lambda k: asked("CreateObject", branch, type="사람", properties={"id": f"new{k}"}), numbers)
    life = st.builds(
        lambda c, k: asked(c, branch, type="사람", key=k), st.sampled_from(["DeleteObject", "RestoreObject"]), numbers
    )
    link = st.builds(
        lambda c, t, x, y: asked(c, branch, type=t, **{"from": x, "to": y}),
        st.sampled_from(["CreateLink", "DeleteLink"]),
        st.sampled_from(["knows", "follows"]),
        numbers,
        numbers,
    )
    return st.one_of(update, n, n, n, n, n, create, life, link)


def schema_on(branch: str) -> st.SearchStrategy[dict[str, Any]]:
    """What people change of the schema."""

    def of(command: str, **data: Any) -> dict[str, Any]:
        return asked(command, branch, type="사람", **data)

    gate = [{"type": "string"}, {"type": "integer"}, {"type": "string", "required": True, "default": "1"}]
    return st.sampled_from(
        [
            *(of("AddProperty", property={"name": "gate", **each}) for each in gate),
            of("RenameProperty", property="n", name="수"),
            *(of("RemoveProperty", property=name) for name in ("n", "tags", "boss")),
            of("SetUnique", property="n", unique=True),
            of("SetRequired", property="n", required=True),
            asked("RenameLinkType", branch, type="knows", name="kennt"),
            asked("CreateObjectType", branch, name="Gate", primaryKey=["id"], properties=[ID]),
            asked("DeleteLinkType", branch, type="follows"),
            of("CreateRule", name="few", expression="new.n <= 1", message="{key}"),
        ]
    )


def several(branch: str, least: int, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    data = on(branch)
    return st.lists(st.one_of(data, data, data, data, schema_on(branch)), min_size=least, max_size=most)


FOUNDED = [*TYPES, *(asked("CreateObject", type="사람", properties={"id": k, "n": 0}) for k in NUMBERS)]
founded = st.tuples(several(MAIN, 0, 4), several(A, 1, 12), several(MAIN, 0, 6))
moves = st.one_of(
    st.builds(lambda a: ("MergeBranch", {"source": A, "resolve": a}), answers),
    st.builds(lambda n, a: ("RevertCommit", {"back": n, "resolve": a}), st.integers(0, 6), answers),
    st.builds(lambda n, a: ("RebaseBranch", {"back": n, "resolve": a}, A), st.integers(0, 2), answers),
    st.builds(lambda n, b: ("ResetBranch", {"back": n}, b), st.integers(0, 6), st.sampled_from([MAIN, A])),
)
strategy = st.sampled_from([None, None, "theirs"])


PLACES = {"MergeBranch": "at", "RevertCommit": "position", "RebaseBranch": "onto", "ResetBranch": "to"}


def submitted(story: Story, command: str, data: dict[str, Any], branch: str = MAIN) -> Submitted:
    """Of a moment that others do not move."""
    back = data.pop("back", 0)
    place = {PLACES[command]: story.ends[-1 - back % len(story.ends)]}
    data = {name: value for name, value in (data | place).items() if value is not None}
    body = {"id": "move", "type": command, "branch": branch, "data": data}
    return receive(address(command_subject("main", "local", branch, command)), json.dumps(body).encode())


async def written(desk: Desk, command: Submitted) -> tuple[bytes, list[bytes], list[tuple[str, str, int, object]]]:
    """The outcome, the events and the intervals."""
    writes = await desk.outbox.commit(desk.planner.work([command], desk.now))
    decode = msgspec.json.decode
    heads = [(w.branch, w.key, w.since, w.state and decode(w.state)) for w in writes.every_head()]
    return writes.outcomes[0], [row.body for row in writes.rows], sorted(heads, key=lambda head: head[:3])


async def brought(story: Story, command: Submitted, others: list[dict[str, Any]]) -> None:
    """Planned, then others write; what is written then is compared with what would be if it were planned then."""
    desk = story.desk
    desk.planner.journal.kept = True
    ahead = await desk.outbox.plan(desk.planner.ahead(command, desk.now, 1))
    for other in others:
        await story.send(other)
    now = Desk(deepcopy(desk.outbox))
    found = await written(desk, msgspec.structs.replace(command, ahead=ahead))
    if found[0] == AGAIN:
        event("as a whole")
        return
    wanted = await written(now, command)
    assert found == wanted
    data = [json.loads(body)["data"] for body in wanted[1]]
    kept = [msgspec.json.decode(word.data) for word in ahead.words]
    how = "rejected" if not data else "as it was" if data == kept else f"more by {len(data) - len(kept)}"
    event(f"{how}, {'with' if ahead.schema else 'without'} schema")


async def begun(before: Any) -> Story:
    first, theirs, ours = before
    story = Story(await Desk(MemoryOutbox("main")).open())
    for command in [*FOUNDED, *first, asked("CreateBranch", name=A), *theirs, *ours]:
        await story.send(command)
    return story


@given(history=histories, move=moves, others=st.lists(st.one_of(objects, links), min_size=1, max_size=5))
async def test_any_move_is_what_it_would_be_if_it_were_planned_now(history, move, others) -> None:
    story = await told(history)
    await brought(story, submitted(story, move[0], dict(move[1]), *move[2:]), others)


@settings(max_examples=200)
@given(before=founded, others=several(MAIN, 1, 6), answer=strategy)
async def test_a_merge_is_what_it_would_be_if_it_were_planned_now(before, others, answer) -> None:
    story = await begun(before)
    await brought(story, submitted(story, "MergeBranch", {"source": A, "resolve": answer}), others)


tagged = st.builds(
    lambda b, k, t: asked("UpdateObject", b, type="사람", key=k, patch={"tag": t}),
    st.sampled_from([MAIN, A]),
    numbers,
    st.sampled_from(["x", "y", "z", None]),
)
mine = st.one_of(tagged, tagged, on(A), on(A), on(A), on(A), on(A), on(A), schema_on(A))
branched = st.tuples(
    st.lists(on(MAIN), max_size=3), st.lists(mine, min_size=1, max_size=8), st.lists(on(MAIN), max_size=3)
)
meanwhile = st.one_of(
    st.builds(
        lambda k, t: asked("UpdateObject", A, type="사람", key=k, patch={"tag": t}), numbers, st.sampled_from("xyz")
    ),
    st.builds(lambda k, n: asked("UpdateObject", A, type="사람", key=k, patch={"n": n}), numbers, st.integers(4, 6)),
    st.builds(
        lambda k, p: asked("UpsertObject", A, type="사람", properties={"id": f"late{k}", **p}),
        numbers,
        st.fixed_dictionaries({}, optional={"tag": st.sampled_from("xyz"), "boss": numbers, "n": st.integers(0, 2)}),
    ),
    on(A),
)
later = st.lists(meanwhile, min_size=1, max_size=4)


@settings(max_examples=100)
@given(before=branched, others=later, answer=strategy)
async def test_a_rebase_is_what_it_would_be_if_it_were_planned_now(before, others, answer) -> None:
    story = await begun(before)
    await brought(story, submitted(story, "RebaseBranch", {"resolve": answer}, A), others)


@settings(max_examples=100)
@given(before=branched, others=later, back=st.integers(0, 12))
async def test_a_reset_is_what_it_would_be_if_it_were_planned_now(before, others, back) -> None:
    story = await begun(before)
    await brought(story, submitted(story, "ResetBranch", {"back": back}, A), others)
