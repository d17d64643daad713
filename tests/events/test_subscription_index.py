"""The index of subscriptions answers what asking each of them does, and asks few."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events.filters.candidate import Candidate
from events.filters.dialects import faults
from events.filters.required import required, together
from events.subscriptions.index import Selection, SubscriptionIndex, wanted

TYPES = ["io.oms.object.created.v1", "io.oms.object.updated.v1", "io.oms.objectType.renamed.v1"]
BRANCHES = ["prod/flights/main", "dev/flights/gates", "dev/x/main"]
VALUES = ["a", "ab", "3", "03", "true", "한", "object/Gate/한"]
NAMES = ["subject", "author", "commitsize", "data.properties.a", "data.properties.게이트"]

named = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), min_size=1, max_size=2)
SQL = [
    "subject = 'object/Gate/한'", "subject LIKE 'object/Gate/%' AND author = 'a'", "subject LIKE 'obj\\%ect%'", "author IN ('a', 'ab')",
    "commitsize IN ('03', '4')", "commitsize = '3'", "commitsize = 3", "data.properties.a = 'ab' OR author = 'a'", "NOT author = 'a'",
    "author NOT LIKE 'a%'", "data.properties.a IN ('3')", "(author = 'a' AND author = 'ab') OR true", "author = 'a' AND author = 'ab'",
    "data.properties.게이트 LIKE '_'", "data.properties.a = true",
]  # fmt: skip
filters = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(["exact", "prefix", "suffix"]), named).map(lambda pair: {pair[0]: pair[1]}),
        st.sampled_from(SQL).map(lambda text: {"sql": text}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"all": found}),
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"any": found}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=5,
)
terms = st.fixed_dictionaries(
    {},
    optional={
        "types": st.lists(st.sampled_from([*TYPES, "io.oms.object.*"]), min_size=1, max_size=2),
        "branches": st.lists(st.sampled_from([*BRANCHES, "dev/*/main", "*/flights/*"]), min_size=1, max_size=2),
        "source": st.sampled_from(["/oms/main/prod/flights", "/oms/main/dev/x"]),
        "filters": st.lists(filters, max_size=3),
    },
)
classes = st.none() | st.frozensets(st.sampled_from(["Gate", "Plane"]), min_size=1)
scalars = st.sampled_from([*VALUES, 3, 4, True, None])


def event(type_: str, branch: str, subject: str, author: str, size: int, properties: dict[str, Any]) -> Candidate:
    import msgspec

    attributes = {"type": type_, "branch": branch, "subject": subject, "author": author, "commitsize": size}
    service = "/".join(branch.split("/")[:2])
    data = msgspec.json.encode({"slug": "Gate", "properties": properties})
    return Candidate({**attributes, "source": f"/oms/main/{service}"}, data)


events = st.builds(
    event,
    st.sampled_from(TYPES),
    st.sampled_from(BRANCHES),
    st.sampled_from(["object/Gate/한", "object/Plane/a", "objectType/ri.g", "link/Gate/a~b", "ab"]),
    st.sampled_from(["a", "ab", "b"]),
    st.sampled_from([3, 4]),
    st.dictionaries(st.sampled_from(["a", "게이트"]), scalars),
)


@given(st.lists(st.tuples(terms, classes), max_size=6), st.lists(events, min_size=1, max_size=4))
def test_the_index_answers_what_asking_everyone_does(said, happened):
    selections = [Selection({"name": f"s{at}", **one}, selected) for at, (one, selected) in enumerate(said)]
    assert not any(faults(one.state.get("filters") or [], "") for one in selections)
    index = SubscriptionIndex(selections)
    for one in happened:
        assert sorted(index.wanting(one)) == [each.name for each in selections if wanted(each)(one)]


@pytest.mark.parametrize(
    ("filter_", "needs"),
    [
        ({"exact": {"type": "x"}}, {"type": ({"x"}, False)}),
        ({"prefix": {"type": "x"}}, {"type": ({"x"}, True)}),
        ({"suffix": {"type": "x"}}, {}),
        ({"not": {"exact": {"type": "x"}}}, {}),
        ({"all": [{"prefix": {"type": "x"}}, {"exact": {"type": "xy"}}]}, {"type": ({"xy"}, False)}),
        ({"all": [{"exact": {"type": "x"}}, {"exact": {"type": "y"}}]}, {"type": (set(), False)}),
        ({"any": [{"exact": {"type": "x"}}, {"exact": {"type": "y", "id": "1"}}]}, {"type": ({"x", "y"}, False)}),
        ({"any": [{"exact": {"type": "x"}}, {"sql": "id = '1'"}]}, {}),
        ({"sql": "type = 'x' AND subject LIKE 'a/%' AND n > 3"}, {"type": ({"x"}, False), "subject": ({"a/"}, True)}),
        ({"sql": "type IN ('x', 'y') AND commitsize IN ('3')"}, {"type": ({"x", "y"}, False)}),
        ({"sql": "type = 'x' OR type = 'y'"}, {}),
        ({"sql": "subject LIKE '%a' AND NOT type = 'x' AND n = 3"}, {}),
    ],
)
def test_what_a_filter_requires(filter_, needs):
    found = together(required(filter_))
    assert {name: (set(each.values), each.begins) for name, each in found.items()} == needs


def test_of_many_subscriptions_few_are_asked():
    selections = [
        Selection({
            "name": f"s{at}", "types": [TYPES[at % 2]], "branches": [BRANCHES[at % 3]],
            "filters": [{"any": [{"all": [{"exact": {"data.properties.a": f"{at}-{n}"}}, {"sql": "commitsize > 2"}]} for n in range(90)]}],
        }, frozenset({f"T{at % 20}"}))
        for at in range(100)
    ]  # fmt: skip
    index = SubscriptionIndex(selections)
    one = event(TYPES[1], BRANCHES[1], "object/T1/x", "a", 3, {"a": "1-7"})
    assert index.wanting(one) == ["s1"]
    assert sum(clause.asks for clause in index.candidates(one)) == 1


@given(events)
@example(event(TYPES[0], BRANCHES[0], "", "a", 3, {}))
def test_without_subscriptions_nobody_is_asked(happened):
    assert SubscriptionIndex([]).wanting(happened) == []
