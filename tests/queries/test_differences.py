from adapters.memory_versions import MemoryVersions
from documents.diff import Change
from queries.cuts import cut
from queries.differences import Difference, differences
from queries.moments import moment
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type
from tests.queries.test_objects import DEV, NOW, flights


def between(told: History, one: str, other: str, *, before: str = MAIN, after: str = MAIN) -> list[Difference]:
    versions = told.into(MemoryVersions())
    cuts = (cut(versions, branch, moment(asked), now=NOW) for branch, asked in ((before, one), (after, other)))
    return list(differences(*cuts))


def test_two_moments_of_a_branch() -> None:
    told = flights()
    told.commit(MAIN, [made("Flight", "UA-2", id="UA-2"), deleted("Flight", "UA-1", id="UA-1", origin="EWR")])
    assert between(told, "3", "now") == [
        Difference("deleted", "object", "Flight", "UA-1", 3, None,
                   [Change("remove", "/id", "UA-1"), Change("remove", "/origin", "JFK")]),
        Difference("created", "object", "Flight", "UA-2", None, 5, [Change("add", "/id", new="UA-2")]),
    ]  # fmt: skip


def test_types_come_before_their_objects() -> None:
    assert [(found.kind, found.what) for found in between(flights(), "0", "now")] == [
        ("objectType", "created"),
        ("object", "created"),
    ]


def test_back_in_time_is_the_other_way_round() -> None:
    there, back = between(flights(), "3", "4"), between(flights(), "4", "3")
    assert there[0].changes == [Change("replace", "/origin", "JFK", "EWR")]
    assert back[0].changes == [Change("replace", "/origin", "EWR", "JFK")]


def test_what_changed_and_changed_back_is_no_difference() -> None:
    told = flights()
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="JFK")])
    assert between(told, "3", "now") == []


def test_the_same_moment_has_no_differences() -> None:
    assert between(flights(), "now", "now") == []


def test_a_branch_and_its_parent() -> None:
    told = flights()
    told.branch(DEV, MAIN, 4)
    told.commit(DEV, [made("Flight", "UA-2", id="UA-2")])
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="LGA")])
    found = between(told, "now", "now", after=DEV)
    assert [(one.what, one.key, one.before, one.after) for one in found] == [
        ("updated", "UA-1", 7, 4),
        ("created", "UA-2", None, 6),
    ]


def test_names_are_those_of_the_later_cut() -> None:
    told = flights()
    told.commit(
        MAIN, [object_type("Flight", ["id", {"field": "origin", "name": "from"}], name="Trip", change="renamed")]
    )
    told.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="LGA")])
    trip = between(told, "4", "now")[-1]
    assert (trip.type, trip.changes) == ("Trip", [Change("replace", "/from", "EWR", "LGA")])


def test_as_json() -> None:
    assert between(flights(), "3", "4")[0].json() == {
        "what": "updated", "kind": "object", "type": "Flight", "key": "UA-1", "before": 3, "after": 4,
        "changes": [{"op": "replace", "path": "/origin", "old": "JFK", "new": "EWR"}],
    }  # fmt: skip
