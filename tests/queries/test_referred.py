"""Objects that stand in what refers to them: within bounds, wherever a path leads."""

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from queries.cuts import Cut, cut
from queries.folding import UnfoldContext, UnfoldLevel, folded, opened
from queries.moments import moment
from queries.objects import show
from queries.referred import MOST
from tests.queries.histories import MAIN, History, made, object_type
from tests.queries.test_objects import NOW

EXPANDED = UnfoldContext.of(UnfoldLevel.EXPANDED)


def prop(field: str, **said):
    plain = {"required": False, "unique": False, "array": False, "default": None, "type": "string", "target": None}
    return {"field": field, "name": field} | plain | said


def of(*events) -> Cut:
    plane = object_type("Plane", [prop("id"), prop("next", type="reference", target="Plane")], unfoldable=True)
    fleet = object_type("Fleet", [prop("id"), prop("planes", type="reference", target="Plane", array=True)])
    history = History()
    history.commit(MAIN, [plane, fleet, *events])
    return cut(history.into(MemoryVersions()), MAIN, moment("now"), now=NOW)


def test_what_one_answer_looks_at_is_bounded():
    keys = [str(number) for number in range(MOST + 5)]
    at = of(made("Fleet", "f", id="f", planes=keys), *(made("Plane", key, id=key) for key in keys))
    planes = folded(at, show(at, "Fleet", "f"), EXPANDED)["planes"]
    assert [each["id"] for each in planes[:MOST]] == keys[:MOST]
    assert planes[MOST:] == keys[MOST:]


def test_one_object_stands_in_several_places_and_never_within_itself():
    planes = [made("Plane", "a", id="a", next="b"), made("Plane", "b", id="b", next="a"), made("Plane", "c", next="c")]
    at = of(made("Fleet", "f", planes=["a", "a", "c", "gone"]), *planes)
    fleet = show(at, "Fleet", "f")
    a = {"_type": "Plane", "_key": "a", "id": "a", "next": {"_type": "Plane", "_key": "b", "id": "b", "next": "a"}}
    c = {"_type": "Plane", "_key": "c", "next": "c"}
    assert folded(at, fleet, EXPANDED) == {"planes": [a, a, c, "gone"]}
    assert folded(at, fleet, EXPANDED, "/planes/0/next") == {**a["next"], "next": {**a, "next": "b"}}
    assert opened(at, fleet, "/planes/0/next/next/id") == "a"
    assert opened(at, fleet, "/planes/3") == "gone"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/planes/9", "/planes is a list of 1 items"),
        ("/planes/00", "/planes is a list"),
        ("/planes/0/x", "/planes/0 has no x"),
        ("planes", "begins with /"),
    ],
)
def test_a_path_that_leads_nowhere_says_how_far_it_went(path, told):
    at = of(made("Fleet", "f", planes=["a"]), made("Plane", "a", id="a"))
    with pytest.raises(Refused, match=told):
        opened(at, show(at, "Fleet", "f"), path)


def test_what_is_opened_is_not_larger_than_is_answered():
    at = of(made("Fleet", "f", planes=["a"]), made("Plane", "a", id="a" * 100))
    assert opened(at, show(at, "Fleet", "f"), "/planes", most=100) == ["a"]
    with pytest.raises(Refused, match="fold it"):
        opened(at, show(at, "Fleet", "f"), "/planes/0", most=100)
