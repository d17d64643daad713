"""A name that nothing has is answered with the name that was meant, or with those that there are."""

import pytest

from events.meant import nearest
from tests.events.world import World


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("airlin", ["Airline", "Flight"], "is it Airline?"),
        ("공항이름", ["공항 이름", "도시"], "is it 공항 이름?"),
        ("쪽", ["번호", "쪽수"], "is it 쪽수?"),
        ("tableName", ["type", "table"], "is it table?"),
        ("쪽", ["번호", "쪽수를 셈한 날"], "there are 번호, 쪽수를 셈한 날"),
        ("x", ["Airline", "Flight"], "there are Airline, Flight"),
        ("x", [], "look there"),
        ("x", [f"Type{number}" for number in range(13)], "look there"),
    ],
)
def test_near_names_few_names_or_where_they_are(name, known, said):
    assert nearest(name, known, "look there") == said


def texts(world, type_, on="prod/main/main", **data):
    return [finding.text for finding in world.refused(type_, data, on)]


@pytest.fixture
def world():
    made = World("dev/flights/gates", "dev/flights/slots")
    properties = [{"name": "id", "type": "string"}, {"name": "이름", "type": "string"}]
    made.when("CreateObjectType", name="Airport", primaryKey=["id"], properties=properties)
    return made


def test_a_type_a_property_a_branch(world):
    airport = {"id": "ICN", "이릉": "인천"}
    assert texts(world, "CreateObject", type="Airprot", properties=airport) == [
        "there is no object type 'Airprot' on prod/main/main; is it Airport?"
    ]
    assert texts(world, "CreateObject", type="Airport", properties=airport) == [
        "Airport has no property '이릉'; there are id, 이름"
    ]
    assert texts(world, "RenameObjectType", on="dev/flights/gate", type="Airport", name="A") == [
        "there is no branch dev/flights/gate; is it dev/flights/gates?"
    ]


def test_what_is_gone_was_not_meant(world):
    world.when("DeleteObjectType", type="Airport")
    world.when("DeleteBranch", name="dev/flights/gates")
    assert "create it first" in texts(world, "CreateObject", type="Airprot", properties={})[0]
    assert texts(world, "ArchiveBranch", name="dev/flights/gate") == [
        "there is no branch dev/flights/gate; there are dev/flights/slots"
    ]
