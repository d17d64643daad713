import pytest

from events.findings import Refused
from queries.blame import blame
from tests.queries.histories import MAIN, changed, object_type
from tests.queries.test_objects import DEV, at, flights


def who(told) -> dict[str, tuple[object, int, str]]:
    return {field.path: (field.value, field.version.since, field.version.author) for field in told.fields}


def test_each_field_with_who_said_it_last() -> None:
    history = flights()
    assert who(blame(at(history), "Flight", "UA-1")) == {
        "/id": ("UA-1", 3, "ana@desk"),
        "/origin": ("EWR", 4, "bo@desk"),
    }
    assert who(blame(at(history, "3"), "Flight", "UA-1"))["/origin"] == ("JFK", 3, "ana@desk")


def test_arrays_and_maps_by_the_value() -> None:
    history = flights()
    flight = {"id": "UA-1", "origin": "EWR"}
    history.commit(MAIN, [changed("Flight", "UA-1", **flight, stops=["ICN"], crew={"기장": "kim"})], by="cy@desk")
    history.commit(
        MAIN,
        [changed("Flight", "UA-1", **flight, stops=["GMP", "ICN"], crew={"기장": "lee"})],
        by="di@desk",
        behalf="bot@x",
    )
    told = blame(at(history), "Flight", "UA-1")
    assert {path: by for path, (_, _, by) in who(told).items()} == {
        "/id": "ana@desk", "/origin": "bo@desk", "/stops/0": "di@desk", "/stops/1": "cy@desk", "/crew/기장": "di@desk"
    }  # fmt: skip
    shown = {field["path"]: field for field in told.json()["fields"]}
    assert (shown["/crew/기장"]["onBehalfOf"], "onBehalfOf" in shown["/id"]) == ("bot@x", False)


def test_on_a_branch_it_goes_back_to_the_parent() -> None:
    history = flights()
    history.branch(DEV, MAIN, 3)
    history.commit(DEV, [changed("Flight", "UA-1", id="UA-1", origin="SFO")])
    found = {field.path: field.version.branch for field in blame(at(history, branch=DEV), "Flight", "UA-1").fields}
    assert found == {"/id": MAIN, "/origin": DEV}


def test_a_property_that_was_renamed_was_said_by_whoever_said_it_before() -> None:
    history = flights()
    key, _, state = object_type("Flight", ["id", "origin"])
    fields = state["properties"]
    renamed = {**state, "properties": {**fields, "origin": {**fields["origin"], "name": "from"}}}
    history.commit(MAIN, [(key, "propertyRenamed", renamed)], by="cy@desk")
    assert who(blame(at(history), "Flight", "UA-1"))["/from"] == ("EWR", 4, "bo@desk")


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="UA-9 does not exist"):
        blame(at(flights()), "Flight", "UA-9")
