"""Objects of an unfoldable type stand folded in what refers to them, and are opened through it."""

import json

import pytest

ID = {"name": "id", "type": "string"}


def type_(name: str, *properties, **said):
    return "CreateObjectType", {"name": name, "primaryKey": ["id"], "properties": [ID, *properties], **said}


def to(name: str, target: str, **said):
    return {"name": name, "type": "reference", "target": target, **said}


def object_(of: str, **properties):
    return "CreateObject", {"type": of, "properties": properties}


@pytest.fixture
async def fleet(oms):
    """Flight ─► Plane ◄ Jet, with engines; an engine ─► its plane, and Gate, which is not unfoldable"""
    said = [
        type_("Gate"),
        type_("Plane", {"name": "이름", "type": "string"}, unfoldable=True),
        type_("Engine", to("plane", "Plane"), {"name": "manual", "type": "json", "unfoldable": True}, unfoldable=True),
        ("AddProperty", {"type": "Plane", "property": to("engines", "Engine", array=True)}),
        ("CreateObjectType", {"name": "Jet", "parents": ["Plane"]}),
        type_("Flight", to("plane", "Plane"), to("gate", "Gate"), to("spare", "Plane")),
        object_("Gate", id="A1"),
        object_("Jet", id="N1", 이름="보잉"),
        object_("Plane", id="N2"),
        object_("Engine", id="E1", plane="N1", manual={"title": "정비", "pages": ["쪽 " * 400] * 60}),
        object_("Engine", id="E2", plane="N1"),
        ("UpdateObject", {"type": "Jet", "key": "N1", "patch": {"engines": ["E1", "E2"]}}),
        object_("Flight", id="UA-1", plane="N1", gate="A1", spare="N2"),
    ]
    for command, data in said:
        assert (await oms.send(command, data)).status == "accepted", data
    await oms.send("UpdateObject", {"type": "Plane", "key": "N2", "patch": {"이름": "예비"}}, wait="projected:versions")
    return oms


async def shown(cli, *args):
    code, out, err = await cli("show", *args, "--json")
    assert code == 0, err
    return json.loads(out)


async def test_it_stands_folded_in_what_refers_to_it(fleet, cli):
    plain = (await shown(cli, "Flight", "UA-1"))["properties"]
    assert plain == {"id": "UA-1", "plane": "N1", "gate": "A1", "spare": "N2"}
    assert (await shown(cli, "Plane"))["values"]["unfoldable"]
    folded = (await shown(cli, "Flight", "UA-1", "--fold", "shallow"))["properties"]
    stub = folded["plane"]["_folded"]
    assert (stub["kind"], stub["first"], stub["section"]) == ("object", "Jet N1", "/plane")
    assert stub["names"] == ["_type", "_key", "id", "이름", "engines"]
    assert {**folded, "plane": 0} == {**plain, "plane": 0, "spare": folded["spare"]}


async def test_it_unfolds_as_deep_as_is_asked_but_never_within_itself(fleet, cli):
    deep = (await shown(cli, "Flight", "UA-1", "--fold", "expanded"))["properties"]
    plane = deep["plane"]
    assert (plane["_type"], plane["_key"], plane["이름"]) == ("Jet", "N1", "보잉")
    assert [engine["plane"] for engine in plane["engines"]] == ["N1", "N1"]
    assert len(plane["engines"][0]["manual"]["pages"]) == 60
    asked = await fleet.as_of("now", "Flight", "UA-1", fold="expanded")
    assert asked["properties"] == deep


async def test_a_path_leads_through_references(fleet, cli):
    name = await shown(cli, "Flight", "UA-1", "--open", "/plane/이름")
    assert (name["open"], name["value"]) == ("/plane/이름", "보잉")
    engine = (await shown(cli, "Flight", "UA-1", "--open", "/plane/engines/0"))["value"]
    assert (engine["_type"], engine["plane"], len(engine["manual"]["pages"])) == ("Engine", "N1", 60)
    page = (await shown(cli, "Flight", "UA-1", "--open", "/plane/engines/0/manual/pages/7"))["value"]
    assert page == "쪽 " * 400
    within = (await shown(cli, "Flight", "UA-1", "--open", "/plane/engines", "--fold", "shallow"))["value"]
    assert [each["_folded"]["section"] for each in within] == ["/plane/engines/0", "/plane/engines/1"]
    assert (await shown(cli, "Flight", "UA-1", "--open", "/plane/engines"))["value"] == ["E1", "E2"]
    code, _, err = await cli("show", "Flight", "UA-1", "--open", "/plane/engines/0/x")
    assert code == 1
    assert "/plane/engines/0/x leads nowhere: /plane/engines/0 has no x" in err
    assert (await cli("show", "Flight", "UA-1", "--open", "/gate/id"))[0] == 1


async def test_what_is_not_unfoldable_any_more_stays_a_key(fleet, cli):
    before = await shown(cli, "Flight", "UA-1", "--fold", "deep")
    assert before["properties"]["spare"]["이름"] == "예비"
    await fleet.send("UpdateObject", {"type": "Flight", "key": "UA-1", "patch": {"spare": None}})
    await fleet.send("SetTypeUnfoldable", {"type": "Plane", "unfoldable": False}, wait="projected:versions")
    now = (await shown(cli, "Flight", "UA-1", "--fold", "deep"))["properties"]
    assert (now["plane"], now.get("spare")) == ("N1", None)
    then = await shown(cli, "Flight", "UA-1", "--fold", "deep", "--as-of", str(before["position"]))
    assert then["properties"] == before["properties"]
