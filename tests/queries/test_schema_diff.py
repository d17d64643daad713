"""The schemas of two cuts: graded, and counted on the data of the first."""

from typing import Any

import pytest

from adapters.memory_versions import MemoryVersions
from events.names import Key
from queries.cuts import cut
from queries.moments import moment
from queries.schema_diff import gravest, schema_diff
from tests.queries.histories import MAIN, Event, History, made, object_type
from tests.queries.test_objects import DEV, NOW

PLAIN = {"required": False, "unique": False, "array": False, "default": None, "type": "string", "target": None}


def prop(field: str, **said: Any) -> dict[str, Any]:
    return {"field": field, "name": field} | PLAIN | said


def linked(to: str, *, of: str = "a", **type_: Any) -> Event:
    return Key(f"link/L/{of}~{to}"), "created", {"type": "ri.L", "slug": "L", "from": of, "to": to, "deleted": False}


def link_type(**said: Any) -> Event:
    state = {"rid": "ri.L", "slug": "L", "name": "L", "from": "T", "to": "T", "cardinality": "n-n", "inverse": None}
    return Key("linkType/ri.L"), "created", state | said


def told() -> History:
    history = History()
    history.commit(MAIN, [object_type("T", [prop("id"), prop("gate"), prop("tags", array=True)]), link_type()])
    history.commit(
        MAIN,
        [
            made("T", "a", id="a", gate="1", tags=["x"]),
            made("T", "b", id="b", gate="김", tags=["x", "y"]),
            made("T", "c", id="c", gate="1"),
            made("T", "d", id="d"),
            linked("b"),
            linked("c"),
            linked("a", of="c"),
        ],
    )
    history.branch(DEV, MAIN, history.position)
    return history


def graded(*after: Event) -> list[tuple[str, str, int | None, tuple[str, ...]]]:
    history = told()
    history.commit(DEV, after)
    versions = history.into(MemoryVersions())
    before, then = (cut(versions, branch, moment("now"), now=NOW) for branch in (MAIN, DEV))
    found = schema_diff(before, then)
    return [
        (one.change.code, one.severity, data and data.number, tuple(data.samples) if data else ())
        for one, data in ((each, each.violations) for each in found)
    ]


@pytest.mark.parametrize(
    ("gate", "found"),
    [
        ({"required": True}, ("REQUIRED", "MAJOR", 1, ("object/T/d",))),
        ({"required": True, "default": "x"}, ("REQUIRED", "MINOR", 0, ())),
        ({"unique": True}, ("UNIQUE", "MAJOR", 1, ("object/T/c",))),
        ({"type": "integer"}, ("PROPERTY_TYPE", "MAJOR", 3, ("object/T/a", "object/T/b", "object/T/c"))),
        ({"type": "enum", "values": ["1", "김"]}, ("PROPERTY_TYPE", "MINOR", 0, ())),
        ({"removed": True}, ("PROPERTY_REMOVED", "MAJOR", 3, ("object/T/a", "object/T/b", "object/T/c"))),
        ({"marking": "mark"}, ("MARKING", "REVIEW", None, ())),
    ],
)
def test_a_change_is_as_grave_as_the_data_makes_it(gate: dict[str, Any], found: tuple[Any, ...]) -> None:
    after = object_type("T", [prop("id"), prop("gate", **gate), prop("tags", array=True)], change="updated")
    assert found in graded(after)


def test_a_list_of_one_becomes_one() -> None:
    after = object_type("T", [prop("id"), prop("gate"), prop("tags")], change="updated")
    assert graded(after) == [("ARRAY", "MAJOR", 1, ("object/T/b",))]


def test_links_are_counted_too() -> None:
    assert graded(link_type(cardinality="n-1")) == [("CARDINALITY", "MAJOR", 1, ("link/L/a~c",))]
    assert graded(link_type(cardinality="1-n")) == [("CARDINALITY", "MINOR", 0, ())]
    assert graded(link_type(acyclic=True)) == [("ACYCLIC", "MAJOR", 1, ())]


def test_objects_of_subtypes_count() -> None:
    child = object_type("U", [prop("size")])
    child[2]["parents"] = ["ri.T"]
    history = told()
    history.commit(MAIN, [child, made("U", "u", id="u", size="1")])
    history.branch("dev/a/c", MAIN, history.position)
    history.commit("dev/a/c", [object_type("T", [prop("id"), prop("gate", required=True), prop("tags", array=True)])])
    versions = history.into(MemoryVersions())
    before, then = (cut(versions, branch, moment("now"), now=NOW) for branch in (MAIN, "dev/a/c"))
    (found,) = schema_diff(before, then)
    assert found.violations is not None
    assert found.violations.samples == (Key("object/T/d"), Key("object/U/u"))


def test_the_gravest_is_told_of_all() -> None:
    history = told()
    history.commit(DEV, [object_type("T", [prop("id"), prop("gate"), prop("tags", array=True)], name="시험")])
    versions = history.into(MemoryVersions())
    before, then = (cut(versions, branch, moment("now"), now=NOW) for branch in (MAIN, DEV))
    assert gravest(schema_diff(before, then)) == "MAJOR"
    assert gravest(schema_diff(before, before)) is None


def value_type(**versions: Any) -> Event:
    told = {version[1:]: {"base": "string", **said} for version, said in versions.items()}
    state = {"rid": "ri.code", "slug": "code", "name": "code", "latest": max(map(int, told)), "versions": told}
    return Key("valueType/ri.code"), "created", state


def test_data_is_counted_that_follows_a_narrower_version_of_a_value_type_also_in_a_shared_property() -> None:
    said = {"type": "string", "valueType": "ri.code"}
    shared = {"rid": "ri.share", "slug": "share", "name": "share", "property": said}
    pinned = prop("serial", valueType="ri.code", valueTypeVersion=1)
    own = {"field": "tag", "name": "tag", "required": False, "unique": False, "type": "string", "shared": "ri.share"}
    history = History()
    history.commit(
        MAIN,
        [
            value_type(v1={}),
            (Key("sharedProperty/ri.share"), "created", shared),
            object_type("T", [prop("id"), prop("gate", valueType="ri.code"), pinned, own]),
            made("T", "a", id="a", gate="1"),
            made("T", "b", id="b", gate="긴것", tag="또긴것"),
            made("T", "c", id="c", tag="긴것"),
            made("T", "d", id="d", serial="긴것"),
        ],
    )
    history.branch(DEV, MAIN, history.position)
    history.commit(DEV, [value_type(v1={}, v2={"maxLength": 1})])
    versions = history.into(MemoryVersions())
    before, then = (cut(versions, branch, moment("now"), now=NOW) for branch in (MAIN, DEV))
    (found,) = schema_diff(before, then)
    assert (found.change.code, found.severity) == ("VERSION_ADDED", "MAJOR")
    assert found.violations is not None
    assert (found.violations.number, found.violations.samples) == (2, (Key("object/T/b"), Key("object/T/c")))
