"""Laws of encrypted values on random histories: they are what a plain model says, and nobody sees them in what is stored."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events import catalog
from events.decider import Head
from events.findings import Refused
from events.names import Key
from events.objects.sealing import PURGED, is_closed
from tests.events.world import Loaded, World

Command = tuple[str, dict[str, Any]]
KEY = {"name": "id", "type": "string"}
NOTE = {"name": "note", "type": "string", "marking": "encrypt"}
MAIL = {"name": "mail", "type": "string", "marking": "encrypt", "unique": True}
TYPES: list[Command] = [
    ("CreateObjectType", {"name": "Guest", "primaryKey": ["id"], "properties": [KEY, MAIL, NOTE, {"name": "plain", "type": "integer"}]}),
    ("CreateObjectType", {"name": "Bill", "primaryKey": ["id"], "properties": [
        KEY, NOTE, {"name": "guest", "type": "reference", "target": "Guest"}]}),
    ("SetSubject", {"type": "Guest", "property": "id"}),
    ("SetSubject", {"type": "Bill", "property": "guest"}),
]  # fmt: skip

keys = st.sampled_from(["a", "b", "김"])
secrets = st.sampled_from(["secret-서울", "secret-부산", None])
guests = st.fixed_dictionaries(
    {"id": keys}, optional={"mail": secrets, "note": secrets, "plain": st.sampled_from([1, 2, None])}
)
bills = st.fixed_dictionaries({"id": keys}, optional={"note": secrets, "guest": keys | st.none()})
properties = guests.map(lambda p: {"type": "Guest", "properties": p}) | bills.map(
    lambda p: {"type": "Bill", "properties": p}
)
written = st.tuples(st.sampled_from(["CreateObject", "UpsertObject"]), properties)
updated = st.builds(
    lambda data: (
        "UpdateObject",
        {
            "type": data["type"],
            "key": data["properties"]["id"],
            "patch": {n: v for n, v in data["properties"].items() if n != "id"},
        },
    ),
    properties,
)
named = st.builds(
    lambda verb, type_, key: (verb, {"type": type_, "key": key}),
    st.sampled_from(["DeleteObject", "RestoreObject"]),
    st.sampled_from(["Guest", "Bill"]),
    keys,
)
purged = st.builds(
    lambda type_, key: ("PurgeObject", {"type": type_, "key": key, "reason": "why"}),
    st.sampled_from(["Guest", "Bill"]),
    keys,
)
forgotten = keys.map(lambda key: ("PurgeDataSubject", {"subject": f"Guest/{key}", "reason": "why"}))
histories = st.lists(written | written | updated | named | purged | forgotten, max_size=25)


@given(histories)
def test_a_repeated_command_decides_nothing_or_is_refused_alike(history):
    world = grown([])
    for command in history:
        first, second = told(world, command), told(world, command)
        if isinstance(first, tuple):
            assert [finding.code for finding in second] == [finding.code for finding in first]
        else:
            assert second == []


@given(histories)
def test_nothing_that_is_stored_holds_an_encrypted_value(history):
    world = grown(history)
    stored = [catalog.data(each.payload).decode() for each in world.events]
    assert "secret" not in "".join(stored) + json.dumps({k: h.state for k, h in world.stored.items()})


@given(histories)
def test_objects_say_what_those_of_a_plain_type_would_say(history):
    """But for what was purged: then nothing is left of it, here and there."""
    world, plain = grown([]), World()
    for type_, data in json.loads(json.dumps(TYPES).replace('"encrypt"', '"allow"')):
        plain.when(type_, **data)
    for command in history:
        one, other = told(world, command), told(plain, command)
        if isinstance(other, tuple):
            assert [finding.code for finding in one] == [finding.code for finding in other]
    for key, state in objects(plain).items():
        mine = world.get(key)
        assert {name: value for name, value in mine.items() if name not in ("properties", "type")} == {
            name: value for name, value in state.items() if name not in ("properties", "type")
        }
        assert opened(world, key) == state["properties"]


@given(histories)
def test_reserved_keys_are_what_the_objects_say(history):
    world = grown(history)
    unique, about = {}, {}
    for key, state in objects(world).items():
        mail = state["properties"].get("mail")
        if mail is not None and not state["deleted"]:
            unique[f"unique/Guest/mail/hmac-{mail['token']}"] = {"owner": key}
        person = {"Guest": state["properties"].get("id"), "Bill": state["properties"].get("guest")}[state["slug"]]
        if person is not None:
            about.setdefault(f"subject/Guest/{person}", []).append(key)
    stored = {key: head.state for key, head in world.stored.items()}
    assert {k: s for k, s in stored.items() if k.startswith("unique/") and s is not None} == unique
    found = {k: s["objects"] for k, s in stored.items() if k.startswith("subject/") and s is not None and s["objects"]}
    assert found == {key: sorted(value) for key, value in about.items()}


@given(histories)
def test_heads_follow_from_the_events_alone(history):
    """Without any key: a replay needs none."""
    world = grown(history)
    again = World()
    again.position, again.stored = 0, {}
    genesis = next(iter(world.stored))
    again.stored[genesis] = Head(1, world.stored[genesis].state)
    again.position = 1
    for each in world.events[1:]:
        staged = Loaded({key: again.stored.get(key, Head(0, None)) for key in {*world.stored, Key(each.key)}})
        again.fold([each], staged)
    assert {k: h.state for k, h in again.stored.items()} == {k: h.state for k, h in world.stored.items()}


@given(histories)
def test_a_key_is_there_exactly_as_long_as_somebody_may_read_with_it(history):
    world = grown(history)
    destroyed = {key.removeprefix("dataKey/") for key in world.stored if key.startswith("dataKey/")}
    for key, state in objects(world).items():
        for value in state["properties"].values():
            if is_closed(value):
                gone = bool(destroyed.intersection(value["kid"].split("+")))
                field = next(f for f, v in state["properties"].items() if v is value)
                assert (world.seals.opened(value, key, f"/{field}") == PURGED) == gone


@given(histories)
def test_deciders_name_what_only_they_read(history):
    shared = ("branch/", "objectType/", "name/", "slug/", "count/", "uses/", "dataKey/", "rules/", "policy/")
    purges = [command for command in history if command[0] != "PurgeDataSubject"]
    surprises = grown(purges).surprises
    assert [key for key in surprises if not key.startswith(shared)] == []


def grown(history: list[Command]) -> World:
    world = World()
    for command in TYPES + history:
        told(world, command)
    return world


def told(world: World, command: Command) -> Any:
    """The events, or the findings as a tuple."""
    try:
        return world.when(command[0], **command[1])
    except Refused as refused:
        return refused.findings


def objects(world: World) -> dict[Key, Any]:
    return {key: head.state for key, head in world.stored.items() if key.startswith("object/") and head.state}


def opened(world: World, key: Key) -> dict[str, Any]:
    values = world.get(key)["properties"]
    return {f: world.seals.opened(v, key, f"/{f}") if is_closed(v) else v for f, v in values.items()}


def test_states_are_plain_json():
    world = grown([("CreateObject", {"type": "Guest", "properties": {"id": "a", "mail": "secret"}})])
    for head in world.stored.values():
        assert msgspec.json.decode(msgspec.json.encode(head.state)) == head.state
