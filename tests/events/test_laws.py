"""Laws of all aggregates, on random histories: repeating changes nothing, and reserved keys are what the entities say."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.decider import State
from events.findings import Refused
from events.names import Key, object_key
from tests.events.world import World

SHARED = (
    "branch/", "objectType/", "linkType/", "name/", "under/name/", "under/objectType/", "under/linkType/", "slug/", "count/", "uses/"
)  # fmt: skip
Command = tuple[str, dict[str, Any]]

NAME = {"name": "name", "type": "string", "unique": True}
NEXT = {"name": "next", "type": "reference", "target": "Node"}
SEEN = {"name": "seen", "type": "reference", "target": "Leaf", "array": True}
SIZE = {"name": "size", "type": "number", "required": True, "default": 1}
KEY = {"name": "id", "type": "string"}
TYPES: list[Command] = [
    ("CreateObjectType", {"name": "Leaf", "primaryKey": ["id"], "properties": [KEY, NAME]}),
    ("CreateObjectType", {"name": "Node", "primaryKey": ["id"], "properties": [KEY, NAME, NEXT, SEEN, SIZE]}),
    *[
        ("CreateLinkType", {"name": f"link{at}", "from": "Node", "to": "Leaf", "cardinality": cardinality})
        for at, cardinality in enumerate(("1-1", "1-n", "n-1", "n-n"))
    ],
]

keys = st.sampled_from(["a", "b", "김"])
names = st.sampled_from(["x", "y", None])
nodes = st.fixed_dictionaries(
    {"id": keys},
    optional={
        "name": names,
        "next": keys | st.none(),
        "seen": st.lists(keys, max_size=3),
        "size": st.sampled_from([1, 2.5, None, "x"]),
    },
)
leaves = st.fixed_dictionaries({"id": keys}, optional={"name": names})
written = st.builds(
    lambda verb, properties: (verb, properties),
    st.sampled_from(["CreateObject", "UpsertObject"]),
    nodes.map(lambda p: {"type": "Node", "properties": p}) | leaves.map(lambda p: {"type": "Leaf", "properties": p}),
)
types = st.sampled_from(["Node", "Leaf"])
named = st.builds(
    lambda verb, type_, key: (verb, {"type": type_, "key": key}),
    st.sampled_from(["DeleteObject", "RestoreObject"]),
    types,
    keys,
)
updated = st.builds(
    lambda key, patch: ("UpdateObject", {"type": "Node", "key": key, "patch": patch}),
    keys,
    st.fixed_dictionaries({}, optional={"name": names, "next": keys | st.none(), "seen": st.lists(keys, max_size=3)}),
)
replaced = st.builds(
    lambda key, name: (
        "UpdateObject",
        {"type": "Leaf", "key": key, "operations": [{"op": "add", "path": "/name", "value": name}]},
    ),
    keys,
    names,
)
linked = st.builds(
    lambda verb, at, from_, to: (verb, {"type": f"link{at}", "from": from_, "to": to}),
    st.sampled_from(["CreateLink", "CreateLink", "DeleteLink"]),
    st.integers(0, 3),
    keys,
    keys,
)
renamed = st.builds(
    lambda old, new: ("RenameObjectType", {"type": old, "name": new}),
    st.sampled_from(["Leaf", "Blatt"]),
    st.sampled_from(["Leaf", "Blatt", "Node"]),
)
added = st.sampled_from(
    [
        ("AddProperty", {"type": "Leaf", "property": {"name": "late", "type": "string", "required": True}}),
        ("AddProperty", {"type": "Leaf", "property": {"name": "soon", "type": "string", "required": True, "default": "-"}}),
        ("CreateObjectType", {"name": "Leaf", "primaryKey": ["id"], "properties": [KEY, NAME]}),
        ("DeprecateObjectType", {"type": "Leaf", "replacedBy": "Node"}),
    ]
)  # fmt: skip
histories = st.lists(written | written | named | updated | linked | replaced | renamed | added, max_size=25)


@given(histories)
def test_a_repeated_command_decides_nothing_or_is_refused_alike(history):
    world = grown([])
    for type_, data in history:
        first, second = told(world, type_, data), told(world, type_, data)
        if isinstance(first, tuple):
            assert second == first
        elif type_ == "RenameObjectType" and isinstance(second, tuple):
            assert [finding.code for finding in second] == ["TYPE_UNKNOWN"]  # it has another name now
        else:
            assert second == []


@given(histories)
def test_reserved_keys_are_what_the_entities_say(history):
    world = grown(history)
    reserved = {key: head.state for key, head in world.stored.items() if not is_entity(key)}
    counted = {key: state for key, state in reserved.items() if state not in (None, {"n": 0})}
    assert counted == derived(world)


@given(histories)
def test_deciders_name_what_only_they_read(history):
    """What many commands share (branch, types, counts) is soon known anyway, and a new RID nobody knows beforehand."""
    surprises = grown([command for command in history if "operations" not in command[1]]).surprises
    assert [key for key in surprises if not key.startswith(SHARED)] == []


@given(histories)
def test_states_are_plain_json(history):
    for head in grown(history).stored.values():
        assert msgspec.json.decode(msgspec.json.encode(head.state)) == head.state


def grown(history: list[Command]) -> World:
    world = World()
    for type_, data in TYPES + history:
        told(world, type_, data)
    return world


def told(world: World, type_: str, data: dict[str, Any]) -> Any:
    """The events, or the findings as a tuple."""
    try:
        return world.when(type_, **data)
    except Refused as refused:
        return refused.findings


def is_entity(key: Key) -> bool:
    return key.split("/")[0] in {"object", "link", "objectType", "linkType", "branch"}


def derived(world: World) -> dict[str, State]:
    """All reserved keys anew, from the entities as they are; and that the entities keep their rules."""
    states = {key: head.state for key, head in world.stored.items() if head.state is not None}
    objects = {k: s for k, s in states.items() if k.startswith("object/") and not s["deleted"]}
    links = {k: s for k, s in states.items() if k.startswith("link/") and not s["deleted"]}
    types = {s["rid"]: s for k, s in states.items() if k.startswith(("objectType/", "linkType/"))}
    found: dict[str, State] = {}
    numbers: Counter[str] = Counter()
    for key, state in objects.items():
        numbers[f"count/object/{state['slug']}"] += 1
        for field, each in types[state["type"]]["properties"].items():
            value = state["properties"].get(field)
            assert value is not None or not each["required"] or each["default"] is not None
            if value is not None and each["unique"]:
                at = f"unique/{state['slug']}/{field}/{msgspec.json.encode(value).decode()}"
                assert at not in found, f"{found[at]} and {key} hold one unique value"
                found[at] = {"owner": key}
            if value is not None and each["type"] == "reference":
                for referred in value if each["array"] else [value]:
                    assert object_key(each["target"], referred) in objects
                    numbers[f"degree/{object_key(each['target'], referred)}"] += 1
    linked: dict[str, Counter[str]] = {}
    for key, state in links.items():
        kind = types[state["type"]]
        numbers[f"count/link/{state['slug']}"] += 1
        for end in ("from", "to"):
            assert object_key(kind[end], state[end]) in objects
            at = f"degree/{object_key(kind[end], state[end])}"
            numbers[at] += 1
            linked.setdefault(at, Counter())[state["slug"]] += 1
            if {"from": "-1", "to": "1-"}[end] in kind["cardinality"]:
                at = f"end/{state['slug']}/{end}/{state[end]}"
                assert at not in found, f"{found[at]} and {key} share an end"
                found[at] = {"link": key}
    for user, element in sorted(uses(types)):
        found.setdefault(f"uses/{element}", {"by": []})["by"].append(user)
    for key, state in types.items():
        kind = "linkType" if "cardinality" in state else "objectType"
        found[f"name/{kind}/{state['name']}"] = {"rid": key, "slug": state["slug"]}
        found[f"slug/{kind}/{state['slug']}"] = {"rid": key}
    by = {at: {"links": dict(slugs)} for at, slugs in linked.items()}
    return found | {key: {"n": n, **by.get(key, {})} for key, n in numbers.items()}


def uses(types: dict[str, State]) -> set[tuple[str, str]]:
    """Who uses whom, of types that are there."""
    keys = {s["slug"]: f"objectType/{rid}" for rid, s in types.items() if "primaryKey" in s}
    found = set()
    for rid, state in types.items():
        own = f"{'linkType' if 'cardinality' in state else 'objectType'}/{rid}"
        targets = [each["target"] for each in state.get("properties", {}).values()]
        found |= {(own, keys[slug]) for slug in (*targets, state.get("from"), state.get("to")) if slug is not None}
    return {(user, element) for user, element in found if user != element}
