"""Structs are read by the names that their fields had at the moment, whatever they are called now."""

from typing import Any

from documents.diff import Change
from events.names import Key
from queries.objects import show
from queries.timeline import history
from tests.queries.histories import MAIN, Event, History, changed, made, object_type
from tests.queries.test_objects import at


def struct(change: str = "created", **names: str) -> Event:
    """A struct type with these fields, by the names they have."""
    fields = {field: {"field": field, "name": name, "type": "string"} for field, name in names.items()}
    state = {"rid": "ri.Address", "slug": "Address", "name": "Address", "fields": fields, "status": "active"}
    return Key("structType/ri.Address"), change, state


def homes() -> History:
    own = {"name": "id", "field": "id", "type": "string"}
    place: dict[str, Any] = {"name": "place", "field": "place", "type": "struct", "struct": "ri.Address", "array": True}
    told = History()
    told.commit(MAIN, [struct(city="city", street="street")])  # 2
    told.commit(MAIN, [object_type("Guest", [own, place])])  # 3
    told.commit(MAIN, [made("Guest", "g", id="g", place=[{"city": "서울", "street": "x"}])])  # 4
    told.commit(MAIN, [struct("fieldRenamed", city="도시", street="street")])  # 5
    return told


def test_names_of_fields_are_those_of_the_moment() -> None:
    assert show(at(homes()), "Guest", "g").values == {"id": "g", "place": [{"도시": "서울", "street": "x"}]}
    assert show(at(homes(), "4"), "Guest", "g").values == {"id": "g", "place": [{"city": "서울", "street": "x"}]}


def test_a_removed_field_is_not_shown() -> None:
    told = homes()
    key, _, state = struct(city="도시", street="street")
    state["fields"]["street"]["removed"] = True
    told.commit(MAIN, [(key, "fieldRemoved", state)])
    assert show(at(told), "Guest", "g").values == {"id": "g", "place": [{"도시": "서울"}]}


def test_a_version_is_told_in_the_names_of_its_time() -> None:
    told = homes()
    told.commit(MAIN, [changed("Guest", "g", id="g", place=[{"city": "부산"}])])
    first, last = history(at(told), "Guest", "g").steps
    assert Change("add", "/place", new=[{"city": "서울", "street": "x"}]) in first.changes
    assert Change("replace", "/place/0/도시", "서울", "부산") in last.changes


def test_a_commit_may_name_a_struct_type_before_it_comes_to_it() -> None:
    home = {"name": "home", "field": "home", "type": "struct", "struct": "ri.Address", "array": False}
    own = {"name": "id", "field": "id", "type": "string"}
    told = History()
    told.commit(MAIN, [object_type("Guest", [own, home]), struct(city="도시")])
    told.commit(MAIN, [made("Guest", "g", id="g", home={"city": "서울"})])
    (created,) = history(at(told), "Guest", "g").steps
    assert Change("add", "/home", new={"도시": "서울"}) in created.changes
