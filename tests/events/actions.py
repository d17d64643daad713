"""A world of flights in which people do what action types say."""

from typing import Any

from tests.events.world import World

FLIGHT = {
    "name": "Flight",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "status", "type": "enum", "values": ["예정", "출발", "결항"], "default": "예정"},
        {"name": "사유", "type": "string"},
        {"name": "seats", "type": "integer"},
        {"name": "departure", "type": "timestamp"},
        {"name": "tail", "type": "string", "unique": True},
    ],
}
GATE = {"name": "Gate", "primaryKey": ["id"], "properties": [{"name": "id", "type": "string"}]}
NOTE = {
    "name": "Note",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "type": "string"},
        {"name": "flight", "type": "reference", "target": "Flight", "required": True},
        {"name": "text", "type": "string"},
    ],
}
CANCEL: dict[str, Any] = {
    "name": "CancelFlight",
    "description": "항공편을 결항시킨다",
    "parameters": {
        "flight": {"type": "reference", "target": "Flight", "required": True},
        "reason": {"type": "enum", "values": ["안개", "정비"], "required": True},
        "gate": {"type": "reference", "target": "Gate"},
    },
    "criteria": [
        {
            "cel": "objects.flight.status != '출발'",
            "message": {"cel": "parameters.flight + '편은 이미 출발했습니다'"},
        }
    ],
    "edits": [
        {
            "edit": "updateObject",
            "object": "flight",
            "set": {"status": "결항", "사유": {"cel": "parameters.reason"}, "tail": None},
        },
        {
            "edit": "createObject",
            "type": "Note",
            "properties": {
                "id": {"cel": "parameters.flight + '-' + parameters.reason"},
                "flight": {"cel": "objects.flight._key"},
                "text": {"cel": "author + ' on ' + branch"},
            },
        },
    ],
    "sideEffects": [
        {"kind": "notify", "name": "승객", "payload": {"편명": {"cel": "parameters.flight"}, "how": "sms"}},
    ],
}
FREE_GATE: dict[str, Any] = {
    "name": "FreeGate",
    "parameters": {
        "flights": {"type": "reference", "target": "Flight", "array": True, "required": True},
        "gate": {"type": "string", "required": True},
    },
    "criteria": [{"cel": "objects.flights.all(f, f.status != '출발')", "message": "모두 출발 전이어야 합니다"}],
    "edits": [
        {
            "edit": "forEach",
            "parameter": "flights",
            "as": "each",
            "edits": [
                {
                    "edit": "deleteLink",
                    "type": "departsFrom",
                    "from": {"cel": "parameters.each"},
                    "to": {"cel": "parameters.gate"},
                },
                {"edit": "updateObject", "object": "each", "set": {"seats": {"cel": "objects.each.seats + 1"}}},
            ],
        }
    ],
}


def flights() -> World:
    """Two flights at one gate, and a gate that nobody uses."""
    world = World()
    for declared in (FLIGHT, GATE, NOTE):
        world.when("CreateObjectType", **declared)
    world.when("CreateLinkType", name="departsFrom", cardinality="n-1", **{"from": "Flight", "to": "Gate"})
    for gate in ("A1", "김포 3"):
        world.when("CreateObject", type="Gate", properties={"id": gate})
    for number, flight in enumerate(("KE1", "제주2")):
        properties = {"id": flight, "seats": 180 + number, "tail": f"HL{number}"}
        world.when("CreateObject", type="Flight", properties=properties)
        world.when("CreateLink", type="departsFrom", to="A1", **{"from": flight})
    return world
