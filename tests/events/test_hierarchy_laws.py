"""Laws of hierarchies, on random histories: types stay sound, objects fit them, and reserved keys are what entities say.

Named ◄── Top ◄── Mid ◄── Low        Tag      Point refers to Top
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from events.decider import State
from events.findings import Refused
from events.schema.shape import shape_in
from events.schema.soundness import unsound
from tests.events.world import World

Command = tuple[str, dict[str, Any]]
ID = {"name": "id", "type": "string"}
TYPES: list[Command] = [
    ("CreateObjectType", {"name": "Named", "abstract": True, "properties": [{"name": "이름", "type": "string"}]}),
    ("CreateObjectType", {"name": "Tag", "abstract": True, "properties": [{"name": "tag", "type": "string", "default": "-"}]}),
    ("CreateObjectType", {"name": "Top", "parents": ["Named"], "primaryKey": ["id"], "properties": [ID, {"name": "no", "type": "integer", "unique": True}]}),
    ("CreateObjectType", {"name": "Mid", "parents": ["Top"]}),
    ("CreateObjectType", {"name": "Low", "parents": ["Mid"], "properties": [{"name": "level", "type": "enum", "values": ["a", "b"]}]}),
    ("CreateObjectType", {"name": "Point", "primaryKey": ["id"], "properties": [ID, {"name": "at", "type": "reference", "target": "Top"}, {"name": "low", "type": "reference", "target": "Low", "array": True}]}),
]  # fmt: skip

types = st.sampled_from(["Named", "Tag", "Top", "Mid", "Low", "Point"])
keys = st.sampled_from(["x", "y"])
names = st.sampled_from(["이름", "no", "level", "tag", "at", "new"])
values = st.sampled_from([1, "a", ["x"], None])
flags = st.booleans()


def command(name: str, /, **data: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    return st.tuples(st.just(name), st.fixed_dictionaries(data))


def written(kind: str, **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    properties = st.fixed_dictionaries({"id": keys}, optional={**optional, "new": values})
    data = st.fixed_dictionaries({"type": st.just(kind), "properties": properties})
    return st.tuples(st.sampled_from(["CreateObject", "UpsertObject"]), data)


TEXT = {"이름": st.sampled_from(["가", None]), "no": st.sampled_from([1, 2, None])}
objects = st.one_of(
    written("Top", **TEXT),
    written("Mid", **TEXT),
    written("Low", **TEXT, level=st.sampled_from(["a", "b", "x", None])),
    written("Point", at=keys | st.none(), low=st.just(["x"])),
    st.builds(
        lambda verb, kind, key: (verb, {"type": kind, "key": key}),
        st.sampled_from(["DeleteObject", "DeleteObject", "RestoreObject"]),
        st.sampled_from(["Top", "Mid", "Low", "Point"]),
        keys,
    ),
)
declared = st.fixed_dictionaries(
    {"name": names, "type": st.sampled_from(["string", "integer", "json"])},
    optional={"required": flags, "unique": flags, "default": st.just("d")},
)
OWN = [
    ("Named", "이름"),
    ("Top", "no"),
    ("Low", "level"),
    ("Tag", "tag"),
    ("Point", "at"),
    ("Top", "new"),
    ("Low", "이름"),
]


def property_command(name: str, /, **data: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    return st.builds(
        lambda on, more: (name, {"type": on[0], "property": on[1], **more}),
        st.sampled_from(OWN),
        st.fixed_dictionaries(data),
    )


schema = st.one_of(
    command("AddProperty", type=types, property=declared),
    property_command("RemoveProperty"),
    property_command("RestoreProperty"),
    property_command("RenameProperty", name=names),
    property_command("SetRequired", required=flags),
    property_command("SetUnique", unique=flags),
    property_command("SetDefault", default=values),
    property_command("ChangePropertyType", to=st.sampled_from(["string", "integer", "json"]), array=flags),
    property_command("AddEnumValue", value=st.just("x")),
    property_command("RemoveEnumValue", value=st.sampled_from(["a", "x"])),
    command("ChangeParents", type=types, parents=st.lists(types, max_size=2, unique=True)),
    command("SetPrimaryKey", type=types, primaryKey=st.sampled_from([["id"], ["no"]])),
    property_command("SetTitleProperty"),
    command("SetAbstract", type=types, abstract=flags),
    command("SetTypeUnfoldable", type=types, unfoldable=flags),
    command("SetObjectTypeStatus", type=types, status=st.sampled_from(["experimental", "active"])),
    command("DeleteObjectType", type=types),
    command("RestoreObjectType", type=types),
)
histories = st.lists(objects | objects | schema, max_size=30)
REPEATED_ELSEWHERE = {"RenameProperty"}  # it has another name then


@given(histories)
def test_a_repeated_command_decides_nothing_or_is_refused_alike(history):
    world = grown([])
    for name, data in history:
        first, second = told(world, name, data), told(world, name, data)
        if name == "DeleteObject" and first and isinstance(second, tuple) and not isinstance(first, tuple):
            # a type above finds what is alive; by its own type it is found for ever
            assert [finding.code for finding in second] == ["OBJECT_UNKNOWN"]
            own = {"type": first[0].type, "key": first[0].key}
            assert told(world, name, own) == []
        elif name not in REPEATED_ELSEWHERE:
            assert second == (first if isinstance(first, tuple) else [])


@given(histories)
def test_every_type_is_sound_and_every_object_fits_it(history):
    world = grown(history)
    for key, state in alive(world, "objectType/"):
        assert list(unsound(world.get, state)) == [], key
    for key, state in alive(world, "object/"):
        kind = world.get(f"objectType/{state['type']}")
        shape = shape_in(world.get, kind)
        assert shape.closed is None, key
        assert list(shape.unfit(state["properties"])) == [], key
        assert shape.key_of(state["properties"]) == state["key"]
        missing = [slot for slot in shape.required if slot.field not in state["properties"]]
        assert [slot.name for slot in missing if slot.default is None] == [], key


@given(histories)
def test_reserved_keys_are_what_the_entities_say(history):
    world = grown(history)
    reserved = {
        key: head.state for key, head in world.stored.items() if key.startswith(("unique/", "degree/", "count/"))
    }
    current = {
        key: state for key, state in reserved.items() if state not in (None, {"n": 0}) and not left_behind(world, key)
    }
    assert current == derived(world)


@given(histories)
def test_who_uses_whom_is_what_the_types_say(history):
    world = grown(history)
    found: dict[str, State] = {}
    for key, state in alive(world, "objectType/"):
        above = {f"objectType/{rid}" for rid in state.get("parents", [])}
        targets = {each["target"] for each in state["properties"].values() if not each.get("removed")} - {None}
        for used in sorted(above | {f"objectType/{world.get(f'slug/objectType/{slug}')['rid']}" for slug in targets}):
            entry = found.setdefault(f"uses/{used}", {"by": []})
            if used != key:
                entry["by"].append(key)
            if used in above:
                entry.setdefault("subtypes", []).append(key)
    stored = {key: head.state for key, head in world.stored.items() if key.startswith("uses/") and head.state}
    assert stored == {key: ordered(entry) for key, entry in found.items() if entry["by"]}


def ordered(entry: State) -> State:
    return {name: sorted(keys) for name, keys in entry.items()}


def grown(history: list[Command]) -> World:
    world = World()
    for name, data in TYPES + history:
        told(world, name, data)
    return world


def told(world: World, name: str, data: dict[str, Any]) -> Any:
    try:
        return world.when(name, **data)
    except Refused as refused:
        return refused.findings


def alive(world: World, prefix: str) -> Iterator[tuple[str, State]]:
    for key, head in world.stored.items():
        if key.startswith(prefix) and head.state is not None and not head.state.get("deleted"):
            yield key, head.state


def above(world: World, kind: State) -> dict[str, State]:
    """The type and all above it, by slug."""
    found = {kind["slug"]: kind}
    for rid in kind.get("parents", []):
        found |= above(world, world.get(f"objectType/{rid}"))
    return found


def left_behind(world: World, key: str) -> bool:
    """A value that was reserved when its property was unique the last time."""
    kind, slug, reserve, *_ = key.split("/")
    if kind != "unique" or reserve == "~key":
        return False
    state = world.get(f"objectType/{world.get(f'slug/objectType/{slug}')['rid']}")
    return reserve not in {each.get("reserve", field) for field, each in state["properties"].items() if each["unique"]}


def derived(world: World) -> dict[str, State]:
    found: dict[str, State] = {}
    numbers: Counter[str] = Counter()
    for key, state in alive(world, "object/"):
        numbers[f"count/object/{state['slug']}"] += 1
        types = above(world, world.get(f"objectType/{state['type']}"))
        root = next(slug for slug, each in types.items() if each["primaryKey"])
        if root != state["slug"]:
            found[f'unique/{root}/~key/"{state["key"]}"'] = {"owner": key}
        for slug, each in types.items():
            for field, declared in each["properties"].items():
                value = state["properties"].get(field)
                if value is None or declared.get("removed"):
                    continue
                if declared["unique"]:
                    at = f"unique/{slug}/{declared.get('reserve', field)}/{msgspec.json.encode(value).decode()}"
                    assert at not in found, f"{found[at]} and {key} hold one unique value"
                    found[at] = {"owner": key}
                if declared["type"] == "reference":
                    for referred in value if declared["array"] else [value]:
                        numbers[f"degree/{meant(world, declared['target'], referred)}"] += 1
    return found | {key: {"n": n} for key, n in numbers.items()}


def meant(world: World, slug: str, key: str) -> str:
    """The one alive object with this key of the type or one below it."""
    (found,) = (
        entity
        for entity, state in alive(world, "object/")
        if state["key"] == key and slug in above(world, world.get(f"objectType/{state['type']}"))
    )
    return found
