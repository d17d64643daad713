import pytest

from adapters.memory_versions import MemoryVersions
from documents.diff import Change
from events.findings import Refused
from queries.cuts import cut
from queries.moments import moment
from queries.objects import show
from queries.timeline import History as Timeline
from queries.timeline import history
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type
from tests.queries.test_objects import DEV, NOW, flights


def of(told: History, key: str | None = "UA-1", asked: str = "now", branch: str = MAIN) -> Timeline:
    return history(cut(told.into(MemoryVersions()), branch, moment(asked), now=NOW), "Flight", key)


def test_every_version_with_what_it_changed() -> None:
    told = flights()
    told.commit(MAIN, [deleted("Flight", "UA-1", id="UA-1", origin="EWR")], by="cy@desk")
    timeline = of(told)
    assert timeline.position == 5
    assert [(step.position, step.event, step.author, step.changes) for step in timeline.steps] == [
        (3, "created", "ana@desk", [Change("add", "/id", new="UA-1"), Change("add", "/origin", new="JFK")]),
        (4, "updated", "bo@desk", [Change("replace", "/origin", "JFK", "EWR")]),
        (5, "deleted", "cy@desk", []),
    ]


def test_who_acted_for_whom_and_the_object_is_the_services() -> None:
    told = flights()
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1")], by="svc-import@flights", behalf="김하나@desk")
    step = of(told).steps[-1]
    assert (step.author, step.on_behalf_of) == ("svc-import@flights", "김하나@desk")
    assert step.json()["onBehalfOf"] == "김하나@desk"
    assert "onBehalfOf" not in of(told).steps[0].json()
    audit = show(cut(told.into(MemoryVersions()), MAIN, moment("now"), now=NOW), "Flight", "UA-1").audit
    assert (audit["_created_by"], audit["_updated_by"]) == ("ana@desk", "svc-import@flights")


def test_a_history_ends_where_it_is_cut() -> None:
    assert [step.position for step in of(flights(), asked="3").steps] == [3]


def test_a_branch_has_its_parents_history_up_to_the_base() -> None:
    told = flights()
    told.branch(DEV, MAIN, 3)
    told.commit(DEV, [changed("Flight", "UA-1", id="UA-1", origin="SFO")])
    assert [(step.position, step.branch) for step in of(told, branch=DEV).steps] == [(3, MAIN), (6, DEV)]
    assert of(told, branch=DEV).steps[1].changes == [Change("replace", "/origin", "JFK", "SFO")]


def test_changes_go_by_the_names_of_their_time() -> None:
    told = flights()
    later = {"field": "origin", "name": "from"}
    told.commit(MAIN, [object_type("Flight", ["id", later], change="renamed")])
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="LGA")])
    assert [change.path for step in of(told).steps for change in step.changes] == ["/id", "/origin", "/origin", "/from"]


def test_two_changes_of_one_commit_go_by_position() -> None:
    told = flights()
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin=origin) for origin in ("LGA", "SFO")])
    steps = of(told).steps[2:]
    assert [(step.position, step.changes[0].new) for step in steps] == [(5, "LGA"), (6, "SFO")]
    assert steps[0].commit == steps[1].commit
    assert steps[0].time < steps[1].time


def test_the_history_of_a_type() -> None:
    told = flights()
    told.commit(MAIN, [object_type("Flight", ["id", "origin", "gate"], change="propertyAdded")])
    steps = of(told, key=None).steps
    assert [step.event for step in steps] == ["created", "propertyAdded"]
    assert [change.path for change in steps[1].changes] == ["/properties/gate"]


def test_valid_time_is_told_beside_the_time_of_the_fact() -> None:
    told = flights()
    told.commit(MAIN, [made("Flight", "UA-9", id="UA-9")], effective=0)
    told.commit(MAIN, [changed("Flight", "UA-9", id="UA-9", origin="JFK")], effective=1_000_000)
    step = of(told, "UA-9").steps[1].json()
    assert (step["time"], step["effective"]) == ("2024-02-29T00:00:05.000000Z", "1970-01-01T00:00:01.000000Z")


def test_no_history_of_what_never_was() -> None:
    with pytest.raises(Refused, match="OBJECT_UNKNOWN"):
        of(flights(), "UA-3")
