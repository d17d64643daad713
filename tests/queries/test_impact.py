"""What stands at a type or a property: counted at any moment."""

from typing import Any

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from queries.cuts import cut
from queries.impact import impact
from queries.moments import moment
from tests.queries.histories import MAIN, History, deleted, made, object_type
from tests.queries.test_objects import NOW
from tests.queries.test_schema_diff import link_type, linked, prop

TOP = [prop("id"), prop("이름"), prop("next", type="reference", target="T")]


def element(kind: str, name: str, **said: Any):
    return Key(f"{kind}/ri.{name}"), "created", {"rid": f"ri.{name}", "slug": name, "name": name, **said}


def told(history: History, at: str = "now", *names: str) -> list[tuple[str, str, int | None]]:
    versions = history.into(MemoryVersions())
    return [tuple(each) for each in impact(cut(versions, MAIN, moment(at), now=NOW), *names).found]


def story() -> History:
    history = History()
    history.commit(
        MAIN,
        [
            object_type("T", TOP, interfaces=["ri.Named"], primaryKey=["id"], titleProperty="이름"),
            object_type("S", [], parents=["ri.T"], primaryKey=[]),
            object_type("F", [prop("id"), prop("at", type="reference", target="T")], primaryKey=["id"]),
            link_type(),
            element(
                "interface", "Named", properties={"이름": {"type": "string", "required": False}}, links={}, extends=[]
            ),
            element("actionType", "Paint", uses=["objectType/ri.T"]),
            element("rule", "NoGap", on="T", names={"x": "이름"}, uses=["objectType/ri.T"]),
        ],
    )
    history.commit(
        MAIN, [made("T", "a", id="a", 이름="가"), made("S", "b", id="b", next="a"), made("F", "f", id="f", at="b")]
    )
    history.commit(MAIN, [linked("b"), made("F", "g", id="g")])
    return history


def test_what_stands_at_a_type():
    assert told(story(), "now", "T") == [
        ("objects", "T", 1),
        ("objects", "S", 1),
        ("links", "L", 1),
        ("references", "F.at", 1),
        ("references", "T.next", 1),
        ("implements", "Named", None),
        ("actionType", "Paint", None),
        ("rule", "NoGap", None),
    ]


def test_what_stands_at_a_property():
    assert told(story(), "now", "T", "이름") == [
        ("objects", "T", 1),
        ("objects", "S", 0),
        ("titleProperty", "T", None),
        ("interface", "Named", None),
        ("rule", "NoGap", None),
    ]
    assert ("primaryKey", "S", None) in told(story(), "now", "T", "id")


def test_what_stood_there_before_and_what_is_gone():
    history = story()
    then = history.position
    history.commit(MAIN, [deleted("T", "a")])
    assert told(history, "now", "T")[0] == ("objects", "T", 0)
    assert told(history, str(then), "T")[0] == ("objects", "T", 1)


def test_what_is_not_there():
    for names, code in ((("Gone",), "TYPE_UNKNOWN"), (("T", "gone"), "PROPERTY_UNKNOWN")):
        with pytest.raises(Refused) as refused:
            told(story(), "now", *names)
        assert [finding.code for finding in refused.value.findings] == [code]


def test_what_stands_at_elements_of_other_kinds():
    history = story()
    weight = [prop("id"), prop("무게", valueType="ri.Weight"), prop("old", valueType="ri.Weight", removed=True)]
    history.commit(
        MAIN,
        [
            element("valueType", "Weight", base="number", versions={"1": {"base": "number"}}, latest=1),
            element("structType", "Load", fields={"w": {"name": "w", "valueType": "ri.Weight"}}),
            object_type("C", weight, primaryKey=["id"]),
            element("actionType", "Tie", uses=["linkType/ri.L"]),
        ],
    )
    history.commit(MAIN, [made("C", "a", id="a", 무게=1.0), made("C", "b", id="b")])
    assert told(history, "now", "Weight") == [("values", "C.무게", 1), ("structType", "Load", None)]
    assert told(history, "now", "Named") == [("objectType", "T", None)]
    assert told(history, "now", "L") == [("links", "L", 1), ("actionType", "Tie", None)]
    assert told(history, "now", "Paint") == []
    with pytest.raises(Refused, match="PROPERTY_UNKNOWN"):
        told(history, "now", "L", "since")
