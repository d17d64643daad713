"""What stands under a prefix is what its keys say one by one: on every branch, warm or from the store, in any history."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory_outbox import MemoryOutbox
from events.decider import under_key
from events.names import Key
from events.reserved import incident_under
from producers.heads import Heads, Staged, Untold
from producers.outbox import Writes
from tests.producers.desk import MAIN, Desk, asked

KEYS = ["a", "b", "김"]
BRANCHES = [MAIN, "dev/main/one", "dev/main/two"]
SETTLED = [
    asked("CreateObjectType", name="Part", primaryKey=["id"], properties=[{"name": "id", "type": "string"}]),
    asked("CreateLinkType", name="of", onDelete="unlink", **{"from": "Part", "to": "Part"}),
    *[asked("CreateObject", type="Part", properties={"id": key}) for key in KEYS],
    asked("CreateLink", type="of", **{"from": "a", "to": "b"}),
    asked("CreateBranch", name=BRANCHES[1]),
    asked("CreateLink", type="of", **{"from": "a", "to": "김"}),
]

branches = st.integers(0, len(BRANCHES) - 1)
keys = st.sampled_from(KEYS)
steps = st.one_of(
    *[st.tuples(st.sampled_from(["CreateLink", "CreateLink", "DeleteLink"]), branches, keys, keys)] * 4,
    st.tuples(st.sampled_from(["DeleteObject", "RestoreObject", "RestoreObject"]), branches, keys, keys),
    st.tuples(st.sampled_from(["CreateBranch", "RebaseBranch"]), branches, keys, keys),
)
histories = st.lists(st.lists(steps, min_size=2, max_size=5), min_size=2, max_size=6)


def command(step):
    verb, number, one, other = step
    on = BRANCHES[number]
    match verb:
        case "CreateBranch":
            return asked(verb, MAIN, name=on)
        case "RebaseBranch":
            return asked(verb, on)
        case "CreateLink" | "DeleteLink":
            return asked(verb, on, type="of", **{"from": one, "to": other})
        case _:
            return asked(verb, on, type="Part", key=one)


async def looked_up(outbox, heads, branch, asked_for):
    """The states of keys on a branch."""
    found = {}

    def run(head):
        staged = Staged(heads, branch)
        for key in asked_for:
            while key not in found:
                try:
                    found[key] = staged[key].state
                except Untold as untold:
                    while missing := heads.wanted(untold.column, untold.keys):
                        yield from heads.load(missing)
        return Writes(head)

    await outbox.commit(run)
    return found


@given(histories)
async def test_a_prefix_says_what_its_keys_say(history):
    outbox = MemoryOutbox("main")
    desk = await Desk(outbox).open()
    await desk.group(*SETTLED)
    for group in history:
        await desk.group(*map(command, group))
        for branch in BRANCHES:
            prefixes = [incident_under("of", end, key) for end in ("from", "to") for key in KEYS]
            one_by_one = [Key(prefix + key) for prefix, key in product(prefixes, KEYS)]
            states = await looked_up(outbox, Heads(), branch, one_by_one)
            for heads in (desk.planner.heads, Heads()):
                told = await looked_up(outbox, heads, branch, [under_key(prefix) for prefix in prefixes])
                keys_told = [key for prefix in prefixes for key in told[under_key(prefix)]["keys"]]
                assert sorted(keys_told) == sorted(key for key in one_by_one if states[key] is not None)


async def test_names_and_branches_that_are_near_are_found_in_the_store():
    desk = await Desk(MemoryOutbox("main")).open()
    await desk.group(*SETTLED[:1], asked("CreateBranch", name="dev/main/gates"))
    desk.restart()
    part = {"id": "김"}
    answers = await desk.group(
        asked("CreateObject", type="Prat", properties=part),
        asked("CreateObject", type="Part", properties=part) | {"branch": "dev/main/gate"},
        asked("CreateObject", type="Prat", properties=part) | {"branch": "dev/main/gates"},
    )
    assert [answer["findings"][0]["text"] for answer in answers] == [
        "there is no object type 'Prat' on prod/main/main; is it Part?",
        "there is no branch dev/main/gate; is it dev/main/gates?",
        "there is no object type 'Prat' on dev/main/gates; is it Part?",
    ]
