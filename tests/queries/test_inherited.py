"""Types below types, read: inherited properties go by the names of the moment, and a freed name means who has it."""

import pytest

from adapters.memory_versions import MemoryVersions
from events.findings import Refused
from queries.cuts import cut
from queries.moments import moment
from queries.objects import objects, show
from queries.timeline import history
from tests.queries.histories import MAIN, History, changed, made, object_type
from tests.queries.test_objects import NOW

ID = {"field": "id", "name": "id"}
NAME = {"field": "name", "name": "name"}


def story() -> History:
    """4: the grandparent's property is renamed, 6: removed, 7: it is no grandparent any more."""
    told = History()
    told.commit(MAIN, [object_type("Named", [NAME], primaryKey=[])])
    told.commit(MAIN, [object_type("Plane", [ID], parents=["ri.Named"])])
    told.commit(MAIN, [object_type("Jet", ["engines"], parents=["ri.Plane"], primaryKey=[])])
    told.commit(MAIN, [made("Jet", "HL1", id="HL1", name="대한", engines=2)])
    told.commit(MAIN, [object_type("Named", [{**NAME, "name": "이름"}], primaryKey=[])])
    told.commit(MAIN, [changed("Jet", "HL1", id="HL1", name="민국", engines=2)])
    told.commit(MAIN, [object_type("Named", [{**NAME, "name": "이름", "removed": True}], primaryKey=[])])
    told.commit(MAIN, [object_type("Plane", [ID])])
    return told


def at(position: int):
    return cut(story().into(MemoryVersions()), MAIN, moment(str(position)), now=NOW)


def test_an_object_is_shown_with_the_names_of_all_types_above_as_they_were():
    assert [dict(show(at(position), "Jet", "HL1").values) for position in (5, 6, 7, 8, 9)] == [
        {"name": "대한", "id": "HL1", "engines": 2},
        {"이름": "대한", "id": "HL1", "engines": 2},
        {"이름": "민국", "id": "HL1", "engines": 2},
        {"id": "HL1", "engines": 2},
        {"id": "HL1", "engines": 2, "name": "민국"},  # nobody knows that field any more
    ]
    assert [dict(one.values) for one in objects(at(7), "Jet")] == [{"이름": "민국", "id": "HL1", "engines": 2}]


def test_its_history_goes_by_the_names_of_each_time():
    steps = history(at(9), "Jet", "HL1").steps
    assert [[change.path for change in step.changes] for step in steps] == [["/engines", "/id", "/name"], ["/이름"]]


def test_a_supertype_means_objects_of_all_types_below():
    assert show(at(7), "Plane", "HL1") == show(at(7), "Named", "HL1") == show(at(7), "Jet", "HL1")
    with pytest.raises(Refused):
        show(at(9), "Named", "HL1")


def test_a_type_is_shown_with_what_it_inherits():
    assert show(at(6), "Jet").values["inherited"] == {"name": {"field": "name", "name": "이름"}, "id": ID}
    assert "inherited" not in show(at(9), "Plane").values


def test_a_name_that_was_freed_means_the_type_that_has_it():
    told = History()
    told.commit(MAIN, [object_type("Plane", [ID]), made("Plane", "a", id="old")])
    told.commit(MAIN, [object_type("Plane", [ID], change="deleted", deleted=True)])
    told.commit(MAIN, [object_type("Plane~2", [ID], name="Plane"), made("Plane~2", "a", id="new")])
    versions = told.into(MemoryVersions())
    now = cut(versions, MAIN, moment("now"), now=NOW)
    assert show(now, "Plane", "a").values == {"id": "new"}
    assert show(now, "ri.Plane", "a").values == {"id": "old"}
    assert show(cut(versions, MAIN, moment("3"), now=NOW), "Plane", "a").values == {"id": "old"}
