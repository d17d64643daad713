"""Links that never lead back: a link that would close a circle is refused, and the circle is shown."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.objects.link_cycles import circle_among, shown
from tests.events.world import World

KEYS = [*"abcdef", "김"]
FEEDS = {"name": "feeds", "from": "Pipe", "to": "Pipe"}


def pipes() -> World:
    world = World()
    world.when("CreateObjectType", name="Pipe", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    for key in KEYS:
        world.when("CreateObject", type="Pipe", properties={"id": key})
    return world


@pytest.fixture
def world() -> World:
    return pipes()


def link(world, from_, to, verb="CreateLink"):
    return world.when(verb, type="feeds", **{"from": from_, "to": to})


def refused(world, from_, to):
    (finding,) = world.refused("CreateLink", {"type": "feeds", "from": from_, "to": to})
    return finding


def test_a_link_that_closes_a_circle_is_refused_with_the_circle(world):
    world.when("CreateLinkType", **FEEDS, acyclic=True)
    for from_, to in ("ab", "bc", "c김", "ac"):
        link(world, from_, to)
    finding = refused(world, "김", "a")
    assert finding.code == "LINK_CYCLE"
    assert finding.text.endswith("김 → a → c → 김")
    assert refused(world, "a", "a").text.endswith("a → a")
    link(world, "a", "c", "DeleteLink")
    assert refused(world, "김", "a").text.endswith("김 → a → b → c → 김")
    link(world, "b", "c", "DeleteLink")
    assert len(link(world, "김", "a")) == 1


def test_links_that_stand_must_be_free_of_circles_first(world):
    world.when("CreateLinkType", **FEEDS)
    for from_, to in ("ab", "bc", "ca"):
        link(world, from_, to)
    (finding,) = world.refused("SetAcyclic", {"type": "feeds", "acyclic": True})
    assert (finding.code, finding.path) == ("RULE_BREAKING_UNPLANNED", "/acyclic")
    assert "a → b → c → a" in finding.text
    link(world, "c", "a", "DeleteLink")
    world.when("SetAcyclic", type="feeds", acyclic=True)
    assert world.when("SetAcyclic", type="feeds", acyclic=True) == []
    assert refused(world, "c", "a").code == "LINK_CYCLE"
    world.when("SetAcyclic", type="feeds", acyclic=False)
    assert len(link(world, "c", "a")) == 1
    assert world.findings("SetAcyclic", type="feeds", acyclic=True) == [("RULE_BREAKING_UNPLANNED", "/acyclic")]


def test_types_of_different_hierarchies_have_no_circles(world):
    world.when("CreateObjectType", name="Tank", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    other = {"name": "fills", "from": "Pipe", "to": "Tank"}
    assert world.findings("CreateLinkType", **other, acyclic=True) == [("LINK_ACYCLIC", "/acyclic")]
    world.when("CreateLinkType", **other)
    assert world.findings("SetAcyclic", type="fills", acyclic=True) == [("LINK_ACYCLIC", "/acyclic")]
    world.when("CreateLinkType", **FEEDS, acyclic=True)
    assert world.findings("ChangeEndpoints", type="feeds", to="Tank") == [("LINK_ACYCLIC", "")]


def test_a_long_circle_is_shown_in_part():
    text = shown([str(n) for n in range(100)])
    assert text.startswith("0 → 1 → ")
    assert text.endswith(" → … → 99 (99 links)")


edges = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS), st.booleans()), max_size=30)


@given(edges)
def test_no_history_makes_a_circle_and_only_circles_are_refused(history):
    world = pipes()
    world.when("CreateLinkType", **FEEDS, acyclic=True)
    standing: set[tuple[str, str]] = set()
    for from_, to, there in history:
        if not there:
            if (from_, to) in standing:
                link(world, from_, to, "DeleteLink")
                standing.discard((from_, to))
        elif leads(standing, to, from_):
            assert refused(world, from_, to).code == "LINK_CYCLE"
        else:
            link(world, from_, to)
            standing.add((from_, to))


@given(edges)
def test_a_circle_among_links_is_one(history):
    links = [{"from": from_, "to": to} for from_, to, _ in history]
    found = circle_among(links)
    pairs = {(one["from"], one["to"]) for one in links}
    if found:
        assert found[0] == found[-1]
        assert set(pairwise(found)) <= pairs
    else:
        assert not any(leads(pairs - {pair}, pair[1], pair[0]) or pair[0] == pair[1] for pair in pairs)


def leads(pairs: set[tuple[str, str]], start: str, end: str) -> bool:
    """Whether these pairs lead from one to the other, found as simply as can be."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        following = {to for from_, to in pairs if from_ == here} - seen
        seen |= following
        waiting += following
    return end in seen
