"""Subscriptions as they stand, with the names that types have now; and what a change of a type would reach of them."""

from typing import Any

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from queries.cuts import Cut, cut
from queries.impact import impact
from queries.moments import moment
from queries.subscriptions import classes, history, subscription, subscriptions
from tests.queries.histories import MAIN, History, object_type
from tests.queries.test_objects import NOW
from tests.queries.test_schema_diff import prop

CHILD = {"primaryKey": [], "parents": ["ri.T"]}


def subscribed(name: str, change: str = "registered", **said: Any):
    state = {"id": f"ri.{name}", "name": name, "status": "active", "secrets": [], "config": {}, **said}
    return Key(f"subscription/{name}"), change, state


def selecting(*slugs: str) -> list[dict[str, str]]:
    return [{"rid": f"ri.{slug}", "slug": slug} for slug in slugs]


@pytest.fixture
def story() -> History:
    history = History()
    history.commit(MAIN, [
        object_type("T", [prop("id"), prop("이름")], primaryKey=["id"]), object_type("S", [], **CHILD), object_type("F", [prop("id")]),
    ])  # fmt: skip
    history.commit(MAIN, [
        subscribed("all"),
        subscribed("t", objectTypes=selecting("T"), filters=[{"not": {"sql": "EXISTS data.properties.이름"}}]),
        subscribed("s", objectTypes=selecting("S"), branches=[MAIN]),
        subscribed("elsewhere", objectTypes=selecting("T"), branches=["dev/*/*"]),
    ])  # fmt: skip
    return history


def at(story: History, when: str = "now") -> Cut:
    return cut(story.into(MemoryVersions()), MAIN, moment(when), now=NOW)


def reached(story: History, *names: str) -> list[str]:
    return [each.name for each in impact(at(story), *names).found if each.what == "subscription"]


def test_who_selects_a_type_wants_those_below_it_too(story):
    chosen = {each.state["name"]: classes(at(story), each.state) for each in subscriptions(at(story))}
    assert chosen == {"all": None, "elsewhere": {"T", "S"}, "s": {"S"}, "t": {"T", "S"}}


def test_types_are_shown_by_the_names_that_they_have_now(story):
    story.commit(MAIN, [object_type("T", [prop("id")], name="탑승구")])
    assert subscription(at(story), "t").json()["objectTypes"] == ["탑승구"]
    assert subscription(at(story), "all").row()["objectTypes"] is None


def test_what_is_over_is_listed_when_it_is_asked_for_and_has_its_history(story):
    story.commit(MAIN, [subscribed("all", "deleted", deleted=True, status="deleted")])
    assert [each.state["name"] for each in subscriptions(at(story))] == ["elsewhere", "s", "t"]
    assert [each.state["name"] for each in subscriptions(at(story), deleted=True)] == ["all", "elsewhere", "s", "t"]
    assert [each.state["status"] for each in history(at(story), "all")] == ["active", "deleted"]
    with pytest.raises(Refused, match="is it all"):
        subscription(at(story), "al")


def test_an_impact_counts_who_selects_the_type_or_filters_by_the_property(story):
    assert reached(story, "T") == ["t"]
    assert reached(story, "S") == ["s", "t"]
    assert reached(story, "F") == []
    assert reached(story, "T", "이름") == ["t"]
    assert reached(story, "T", "id") == []
