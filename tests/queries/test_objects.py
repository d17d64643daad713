import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from events.names import Key
from projectors.projector import Parked
from projectors.versions import AUDIT_FIELDS
from queries.cuts import Cut, cut
from queries.moments import AtPosition, Now, moment
from queries.objects import objects, show
from tests.queries.histories import MAIN, History, changed, deleted, made, object_type

NOW = 2**62
DEV = "dev/a/b"


def flights() -> History:
    history = History()
    history.commit(MAIN, [object_type("Flight", ["id", "origin"])])  # 2
    history.commit(MAIN, [made("Flight", "UA-1", id="UA-1", origin="JFK")])  # 3
    history.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="EWR")], by="bo@desk")  # 4
    return history


def at(history: History, asked: str = "now", branch: str = MAIN) -> Cut:
    return cut(history.into(MemoryVersions()), branch, moment(asked), now=NOW)


def test_an_object_as_it_is_and_as_it_was() -> None:
    assert show(at(flights()), "Flight", "UA-1").values == {"id": "UA-1", "origin": "EWR"}
    assert show(at(flights(), "3"), "Flight", "UA-1").values == {"id": "UA-1", "origin": "JFK"}


def test_the_answer_says_where_it_was_cut_and_which_version_it_is() -> None:
    history = flights()
    history.commit(MAIN, [made("Flight", "UA-2", id="UA-2")])
    shown = show(at(history), "Flight", "UA-1").json()
    assert {name: shown[name] for name in ("position", "branch", "kind", "type", "key", "version", "writtenOn")} == {
        "position": 5, "branch": MAIN, "kind": "object", "type": "Flight", "key": "UA-1", "version": 4, "writtenOn": MAIN
    }  # fmt: skip


def test_audit_fields_are_all_there() -> None:
    shown = show(at(flights()), "Flight", "UA-1").json()
    assert [name for name in shown if name.startswith("_")] == list(AUDIT_FIELDS)
    assert (shown["_created_by"], shown["_created_at"]) == ("ana@desk", "2024-02-29T00:00:02.000000Z")
    assert (shown["_updated_by"], shown["_updated_at"]) == ("bo@desk", "2024-02-29T00:00:03.000000Z")
    assert (shown["_deleted"], shown["_deleted_by"], shown["_deleted_at"]) == (False, None, None)


def test_a_deleted_object_says_who_and_when() -> None:
    history = flights()
    history.commit(MAIN, [deleted("Flight", "UA-1", id="UA-1", origin="EWR")], by="cy@desk")
    shown = show(at(history), "Flight", "UA-1")
    assert shown.deleted
    assert (shown.audit["_deleted_by"], shown.audit["_deleted_at"]) == ("cy@desk", "2024-02-29T00:00:04.000000Z")
    assert shown.values == {"id": "UA-1", "origin": "EWR"}


def test_names_and_schema_are_those_of_the_moment() -> None:
    history = flights()
    later = {"field": "origin", "name": "from"}
    history.commit(MAIN, [object_type("Flight", ["id", later], name="Departure", change="renamed")])
    assert show(at(history), "Departure", "UA-1").values == {"id": "UA-1", "from": "EWR"}
    assert show(at(history, "4"), "Flight", "UA-1").values == {"id": "UA-1", "origin": "EWR"}
    assert show(at(history), "Flight", "UA-1").type == "Departure"  # its slug, which stays
    assert show(at(history), "ri.Flight", "UA-1").type == "Departure"
    with pytest.raises(Refused, match=r"TYPE_UNKNOWN.*there are Flight"):
        show(at(history, "4"), "Departure", "UA-1")


def test_a_name_counts_before_a_slug() -> None:
    history = flights()
    history.commit(MAIN, [object_type("Flight", ["id"], name="Old", change="renamed")])
    history.commit(MAIN, [object_type("Flight~2", ["id"], name="Flight")])
    history.commit(MAIN, [made("Flight~2", "UA-1", id="other")])
    assert show(at(history), "Flight", "UA-1").values == {"id": "other"}


def test_a_property_that_came_later_is_not_invented_on_older_objects() -> None:
    history = flights()
    gate = {"field": "gate", "name": "gate", "default": "?"}
    history.commit(MAIN, [object_type("Flight", ["id", "origin", gate], change="propertyAdded")])
    history.commit(MAIN, [made("Flight", "UA-2", id="UA-2", gate="?")])
    assert show(at(history), "Flight", "UA-1").values == {"id": "UA-1", "origin": "EWR"}
    assert show(at(history), "Flight", "UA-2").values == {"id": "UA-2", "gate": "?"}


def test_a_branch_shows_what_its_parent_wrote_before_the_base() -> None:
    history = flights()
    history.branch(DEV, MAIN, 4)
    history.commit(MAIN, [changed("Flight", "UA-1", id="UA-1", origin="LGA")])
    shown = show(at(history, branch=DEV), "Flight", "UA-1")
    assert (shown.values["origin"], shown.written_on, shown.branch) == ("EWR", MAIN, DEV)


def test_a_type_by_itself() -> None:
    shown = show(at(flights()), "Flight")
    assert (shown.kind, shown.key, list(shown.values["properties"])) == ("objectType", "ri.Flight", ["id", "origin"])


def test_a_link_by_its_ends() -> None:
    history = flights()
    link_type = {"rid": "ri.operatedBy", "slug": "operatedBy", "name": "operatedBy", "from": "Flight", "to": "Airline"}
    link = {"type": "ri.operatedBy", "slug": "operatedBy", "from": "UA-1", "to": "UA", "deleted": False}
    history.commit(MAIN, [(Key("linkType/ri.operatedBy"), "created", link_type)])
    history.commit(MAIN, [(Key("link/operatedBy/UA-1~UA"), "created", link)])
    shown = show(at(history), "operatedBy", "UA-1~UA")
    assert (shown.kind, shown.key, shown.values) == ("link", "UA-1~UA", {"from": "UA-1", "to": "UA"})


def test_a_link_by_the_name_it_has_from_its_other_end_with_what_is_known_of_it() -> None:
    history = flights()
    seats = {"field": "seats", "name": "좌석", "type": "integer"}
    ends = {"from": "Flight", "to": "Airline"}
    link_type = {
        "rid": "ri.operatedBy", "slug": "operatedBy", "name": "operatedBy", "inverse": "operates", **ends,
        "properties": {"seats": seats},
    }  # fmt: skip
    link = {
        "type": "ri.operatedBy", "slug": "operatedBy", "from": "UA-1", "to": "UA", "deleted": False,
        "properties": {"seats": 7},
    }  # fmt: skip
    history.commit(MAIN, [(Key("linkType/ri.operatedBy"), "created", link_type)])
    history.commit(MAIN, [(Key("link/operatedBy/UA-1~UA"), "created", link)])
    shown = show(at(history), "operates", "UA~UA-1")
    assert (shown.key, shown.values) == ("UA-1~UA", {"from": "UA-1", "to": "UA", "좌석": 7})
    with pytest.raises(Refused, match="LINK_UNKNOWN"):
        show(at(history), "operatedBy", "UA-1~DL")


@pytest.mark.parametrize(
    "key", ["UA-2", "", "ua-1", "UA-1/", "%", "UA-1~x", "'; drop table versions; --", "한" * 9_999]
)
def test_what_does_not_exist_is_said_so(key) -> None:
    with pytest.raises(Refused, match=r"OBJECT_UNKNOWN.* on prod/main/main at position 4"):
        show(at(flights()), "Flight", key)


def test_before_the_first_commit_there_is_nothing() -> None:
    with pytest.raises(Refused, match=r"TYPE_UNKNOWN.*no type is called Flight"):
        show(at(flights(), "1999-12-31"), "Flight", "UA-1")


def test_all_objects_of_a_type_at_a_moment() -> None:
    history = flights()
    history.commit(MAIN, [made("Flight", "UA-2", id="UA-2"), deleted("Flight", "UA-1", id="UA-1")])
    assert [shown.key for shown in objects(at(history, "4"), "Flight")] == ["UA-1"]
    assert [shown.key for shown in objects(at(history), "Flight")] == ["UA-2"]
    assert [shown.key for shown in objects(at(history), "Flight", deleted=True)] == ["UA-1", "UA-2"]


def test_what_is_parked_of_an_object_is_named() -> None:
    versions = flights().into(MemoryVersions())
    reason = "the event's type is not known"
    versions.waiting.append(Parked(4, ((MAIN, Key("object/Flight/UA-1")),), "EVENT_TYPE", reason, "oms.evt.…", b"{}"))
    assert show(cut(versions, MAIN, AtPosition(3), now=NOW), "Flight", "UA-1").parked == []
    shown = show(cut(versions, MAIN, Now(), now=NOW), "Flight", "UA-1")
    (told,) = shown.json()["parked"]
    assert told == {
        "position": 4, "entities": [{"branch": MAIN, "key": "object/Flight/UA-1"}],
        "code": "EVENT_TYPE", "reason": reason, "behind": 0,
    }  # fmt: skip
