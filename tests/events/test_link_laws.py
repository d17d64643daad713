"""Laws of links on random histories: of objects that hang together, of rules that change, of what goes with what.

Reserved keys are what the links say; repeating changes nothing; what is acyclic has no circle.
"""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.decider import State
from events.findings import Refused
from events.names import object_key
from events.objects.link_cycles import circle_among
from events.reserved import number, single_ends
from tests.events.world import World

Command = tuple[str, dict[str, Any]]

KEYS = ["a", "b", "c", "김"]
NODE = [{"name": "id", "type": "string"}, {"name": "next", "type": "reference", "target": "Node"}]
SEATS = {"name": "좌석", "type": "integer"}
TYPES: list[Command] = [
    ("CreateObjectType", {"name": "Node", "primaryKey": ["id"], "properties": NODE}),
    *[
        ("CreateLinkType", {"name": name, "from": "Node", "to": "Node", **more})
        for name, more in (
            ("x", {"cardinality": "n-1", "acyclic": True, "onDelete": "cascade", "inverse": "z"}),
            ("y", {"properties": [SEATS], "onDelete": "unlink"}),
        )
    ],
    *[("CreateObject", {"type": "Node", "properties": {"id": key}}) for key in KEYS],
]

keys = st.sampled_from(KEYS)
names = st.sampled_from(["x", "x", "y", "z"])
linked = st.builds(
    lambda verb, name, from_, to: (verb, {"type": name, "from": from_, "to": to}),
    st.sampled_from(["CreateLink", "CreateLink", "CreateLink", "DeleteLink"]),
    names,
    keys,
    keys,
)
known = st.builds(
    lambda verb, from_, to, seats: (verb[0], {"type": "y", "from": from_, "to": to, verb[1]: {"좌석": seats}}),
    st.sampled_from([("CreateLink", "properties"), ("UpdateLink", "patch")]),
    keys,
    keys,
    st.sampled_from([1, 2, None]),
)
there = st.builds(
    lambda verb, key: (verb, {"type": "Node", "key": key}), st.sampled_from(["DeleteObject", "RestoreObject"]), keys
)
referring = st.builds(
    lambda key, next_: ("UpdateObject", {"type": "Node", "key": key, "patch": {"next": next_}}), keys, keys | st.none()
)
ruled = st.one_of(
    st.builds(
        lambda name, how: ("SetCardinality", {"type": name, "cardinality": how}),
        names,
        st.sampled_from(["1-1", "1-n", "n-1", "n-n"]),
    ),
    st.builds(
        lambda name, how: ("SetOnDelete", {"type": name, **how}),
        names,
        st.sampled_from(
            [
                {"onDelete": "restrict"},
                {"onDelete": "unlink"},
                {"onDelete": "cascade"},
                {"onDelete": "cascade", "owner": "to"},
            ]
        ),
    ),
    st.builds(lambda name, how: ("SetAcyclic", {"type": name, "acyclic": how}), names, st.booleans()),
    st.builds(lambda verb: (verb, {"type": "y"}), st.sampled_from(["DeleteLinkType", "RestoreLinkType"])),
    st.builds(
        lambda inverse: ("SetLinkTypeInverse", {"type": "x", "inverse": inverse}),
        st.sampled_from(["z", "y", "w", None]),
    ),
)
histories = st.lists(linked | linked | linked | known | there | there | referring | ruled, max_size=30)


@given(histories)
def test_a_repeated_command_decides_nothing_or_is_refused_alike(history):
    world = grown([])
    for type_, data in history:
        first, second = told(world, type_, data), told(world, type_, data)
        if isinstance(first, tuple):
            assert second == first
        elif type_ == "SetLinkTypeInverse" or data["type"] != "z":
            assert second == []


@given(histories)
def test_reserved_keys_are_what_the_links_say(history):
    world = grown(history)
    said = derived(world)
    for key, head in world.stored.items():
        root = key.split("/")[0]
        if root == "end":
            holder = world.get(head.state["link"]) if head.state else None
            slug, end = key.split("/")[1:3]
            counts = (
                holder is not None and not holder["deleted"] and end in single_ends(kinds(world)[slug]["cardinality"])
            )
            assert (head.state if counts else None) == said.pop(key, None)
        elif root in {"degree", "incident"} or key.startswith(("count/link/", "name/linkType/")):
            there = None if root in {"degree", "count"} and number(head.state) == 0 else head.state
            assert there == said.pop(key, None), key
    assert said == {}


@given(histories)
def test_links_keep_their_rules(history):
    world = grown(history)
    for slug, kind in kinds(world).items():
        links = standing(world, slug)
        assert not kind.get("deleted") or not links
        assert not kind.get("acyclic") or circle_among(links) == []
        for end in single_ends(kind["cardinality"]):
            assert max(Counter(link[end] for link in links).values(), default=0) <= 1
        for link in links:
            assert not world.get(object_key("Node", link["from"]))["deleted"]
            assert not world.get(object_key("Node", link["to"]))["deleted"]


@given(histories)
def test_deciders_name_what_only_they_read(history):
    surprises = grown(history).surprises
    shared = ("branch/", "objectType/", "linkType/", "name/", "slug/", "count/", "uses/", "under/")
    assert [key for key in surprises if not key.startswith(shared)] == []


@given(histories)
def test_states_are_plain_json(history):
    for head in grown(history).stored.values():
        assert msgspec.json.decode(msgspec.json.encode(head.state)) == head.state


def grown(history: list[Command]) -> World:
    world = World()
    for type_, data in TYPES:
        world.when(type_, **data)
    world.surprises.clear()
    for type_, data in history:
        told(world, type_, data)
    return world


def told(world: World, type_: str, data: dict[str, Any]) -> Any:
    """The events, or the findings as a tuple."""
    try:
        return world.when(type_, **data)
    except Refused as refused:
        return refused.findings


def kinds(world: World) -> dict[str, State]:
    states = (head.state for key, head in world.stored.items() if key.startswith("linkType/"))
    return {state["slug"]: state for state in states if state is not None}


def standing(world: World, slug: str) -> list[State]:
    states = (head.state for key, head in world.stored.items() if key.startswith(f"link/{slug}/"))
    return [state for state in states if state is not None and not state["deleted"]]


def derived(world: World) -> dict[str, State]:
    """The reserved keys of links anew, from links, objects and link types as they are."""
    found: dict[str, State] = {}
    degrees: dict[str, State] = {}
    for slug, kind in kinds(world).items():
        if not kind.get("deleted"):
            named = {"rid": kind["rid"], "slug": slug}
            found |= {f"name/linkType/{name}": named for name in (kind["name"], kind["inverse"]) if name}
        links = standing(world, slug)
        if links:
            found[f"count/link/{slug}"] = {"n": len(links)}
        for link in links:
            from_, to = link["from"], link["to"]
            at = {"link": f"link/{slug}/{from_}~{to}"}
            found |= {f"end/{slug}/{end}/{link[end]}": at for end in single_ends(kind["cardinality"])}
            if "acyclic" in kind or "onDelete" in kind:
                found |= {f"incident/{slug}/from/{from_}/{to}": at, f"incident/{slug}/to/{to}/{from_}": at}
            for key in {from_, to}:
                degree = degrees.setdefault(f"degree/object/Node/{key}", {"n": 0, "links": Counter()})
                degree["n"] += 1
                degree["links"][slug] += 1
    for key, head in world.stored.items():
        state = head.state
        if key.startswith("object/") and state is not None and not state["deleted"] and "next" in state["properties"]:
            degrees.setdefault(f"degree/object/Node/{state['properties']['next']}", {"n": 0})["n"] += 1
    return found | degrees
