"""Laws of actions: an action does what its edits would do as commands of their own, or nothing; versions stay."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from events.findings import Refused
from tests.events.actions import flights
from tests.events.world import World

Edit = dict[str, Any]
Command = tuple[str, dict[str, Any]]
PARAMETERS = {
    "first": {"type": "reference", "target": "Flight", "required": True},
    "second": {"type": "reference", "target": "Flight", "required": True},
    "이유": {"type": "string"},
    "seats": {"type": "integer"},
}

flight = st.sampled_from(["first", "second"])
named = st.sampled_from([("parameters['이유']", "이유"), ("parameters.seats", "seats"), ("parameters.first", "first")])
literal = st.sampled_from([None, 3, "HL0", "예정", "안개"])
value = named | literal
property_ = st.sampled_from(["status", "사유", "seats", "tail"])
gate = st.sampled_from(["A1", "김포 3", "Z9"])

changed = st.builds(lambda at, name, to: ("updateObject", at, name, to), flight, property_, value)
removed = st.builds(lambda at: ("deleteObject", at), flight)
noted = st.builds(lambda how, at, to: (how, at, to), st.sampled_from(["createObject", "upsertObject"]), flight, value)
linked = st.builds(lambda how, at, to: (how, at, to), st.sampled_from(["createLink", "deleteLink"]), flight, gate)
given_parameters = st.fixed_dictionaries(
    {"first": st.sampled_from(["KE1", "제주2"]), "second": st.sampled_from(["KE1", "제주2"])},
    optional={"이유": st.sampled_from(["안개", "HL9"]), "seats": st.integers(1, 9)},
)


def said(one: tuple[Any, ...]) -> Edit:
    """The edit as an action type says it."""
    match one:
        case ("updateObject", at, name, to):
            return {"edit": "updateObject", "object": at, "set": {name: cel(to)}}
        case ("deleteObject", at):
            return {"edit": "deleteObject", "object": at}
        case ("createObject" | "upsertObject" as how, at, to):
            properties = {"id": "메모", "flight": {"cel": f"objects.{at}._key"}, "text": cel(to)}
            return {"edit": how, "type": "Note", "properties": properties}
        case (how, at, to):
            return {"edit": how, "type": "departsFrom", "from": {"cel": f"parameters.{at}"}, "to": to}
    raise TypeError(one)


def done(one: tuple[Any, ...], parameters: dict[str, Any]) -> Command:
    """The edit as a command of its own."""
    match one:
        case ("updateObject", at, name, to):
            return "UpdateObject", {"type": "Flight", "key": parameters[at], "patch": {name: meant(to, parameters)}}
        case ("deleteObject", at):
            return "DeleteObject", {"type": "Flight", "key": parameters[at]}
        case ("createObject" | "upsertObject" as how, at, to):
            properties = {"id": "메모", "flight": parameters[at], "text": meant(to, parameters)}
            return how[0].upper() + how[1:], {"type": "Note", "properties": properties}
        case (how, at, to):
            return how[0].upper() + how[1:], {"type": "departsFrom", "from": parameters[at], "to": to}
    raise TypeError(one)


def cel(value: Any) -> Any:
    return {"cel": value[0]} if isinstance(value, tuple) else value


def meant(value: Any, parameters: dict[str, Any]) -> Any:
    return parameters.get(value[1]) if isinstance(value, tuple) else value


@given(st.lists(changed | changed | noted | linked | removed, min_size=1, max_size=5), given_parameters)
def test_an_action_is_its_edits_sent_as_commands_all_or_none(edits, parameters):
    acting, commanding = flights(), flights()
    declared = {"name": "Do", "parameters": PARAMETERS, "edits": [said(one) for one in edits]}
    try:
        acting.when("CreateActionType", **declared)
        commanding.when("CreateActionType", **declared)
    except Refused:
        return  # a literal that no such property can have
    before, asked = states(acting), {"action": "Do", "parameters": parameters}
    try:
        for one in edits:
            type_, data = done(one, parameters)
            commanding.when(type_, **data)
    except Refused:
        assert acting.findings("ApplyAction", **asked)
        assert states(acting) == before
        return
    events = acting.when("ApplyAction", **asked)
    assert states(acting) == states(commanding)
    assert [each.payload for each in commanding.events[len(commanding.events) - len(events) + 1 :]] == events[1:]
    assert events or states(acting) == before  # edits may also undo each other


@given(st.lists(st.lists(changed, min_size=1, max_size=2), min_size=1, max_size=4), st.data())
def test_a_version_that_was_published_is_what_it_was(versions, data):
    world = flights()
    kept: dict[str, Any] = {}
    for at, edits in enumerate(versions):
        declared = {"parameters": PARAMETERS, "edits": [said(one) for one in edits]}
        named = {"action": "Do"} if kept else {"name": "Do"}
        try:
            world.when("PublishActionTypeVersion" if kept else "CreateActionType", **declared, **named)
        except Refused:
            continue
        known = world.get("name/actionType/Do")
        state = world.get(f"actionType/{known['rid']}")
        assert kept.items() <= state["versions"].items(), f"publishing number {at} changed an older version"
        kept = state["versions"]
    if kept:
        number = int(data.draw(st.sampled_from(sorted(kept))))
        asked = {"action": "Do", "version": number, "parameters": {"first": "KE1", "second": "제주2"}}
        try:
            assert [entry.version for entry in world.when("ApplyAction", **asked)[:1]] in ([], [number])
        except Refused:
            return


def states(world: World) -> dict[str, Any]:
    """All heads but the log of actions."""
    return {key: head.state for key, head in world.stored.items() if head.state and not key.startswith("action/")}
