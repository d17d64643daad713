"""One story in which every command happens, and every event."""

from typing import Any

KEY = {"type": "Flight", "key": "UA-1545"}
LINK = {"type": "operatedBy", "from": "UA-1545", "to": ["UA"]}
CANCEL = {
    "parameters": {
        "flight": {"type": "reference", "target": "Flight", "required": True},
        "reason": {"type": "string", "required": True, "description": "why"},
    },
    "criteria": [{"cel": "size(parameters.reason) > 1", "message": "say why"}],
    "edits": [{"edit": "updateObject", "object": "flight", "set": {"note": {"cel": "parameters.reason"}}}],
}

STORY: list[tuple[str, dict[str, Any]]] = [
    ("CreateBranch", {"name": "dev/flights/gates", "from": "prod/main/main", "at": 1}),
    ("ProtectBranch", {"name": "dev/flights/gates", "approvals": 2, "reviewers": ["지우@desk"]}),
    ("UnprotectBranch", {"name": "dev/flights/gates"}),
    ("ArchiveBranch", {"name": "dev/flights/gates"}),
    ("DeleteBranch", {"name": "dev/flights/gates"}),
    ("RestoreBranch", {"name": "dev/flights/gates"}),
    ("TagCommit", {"name": "첫-버전", "at": 1}),
    (
        "CreateObjectType",
        {
            "name": "Airline",
            "title": "Airline",
            "primaryKey": ["carrier"],
            "properties": [{"name": "carrier", "type": "string"}],
        },
    ),
    (
        "CreateObjectType",
        {
            "name": "Flight",
            "primaryKey": ["id"],
            "properties": [
                {"name": "id", "type": "string", "description": "carrier and number"},
                {"name": "status", "type": "enum", "values": ["planned", "cancelled"], "default": "planned"},
                {"name": "codeshares", "type": "reference", "target": "Airline", "array": True},
                {"name": "note", "type": "string"},
            ],
        },
    ),
    ("CreateValueType", {"name": "Seats", "base": "integer", "constraint": {"min": 1, "max": 900, "unit": "석"}}),
    ("PublishValueTypeVersion", {"type": "Seats", "constraint": {"min": 0, "unit": "석"}}),
    ("UpdateValueTypeMetadata", {"type": "Seats", "title": "좌석", "description": None}),
    ("CreateValueType", {"name": "Gate", "base": "string", "constraint": {"regex": "[A-Z][0-9]+"}}),
    ("RenameValueType", {"type": "Seats", "name": "Places"}),
    ("DeprecateValueType", {"type": "Seats", "replacedBy": "Gate", "until": "2030-01-01T00:00:00Z"}),
    ("DeleteValueType", {"type": "Gate"}),
    ("RestoreValueType", {"type": "Gate"}),
    ("CreateLinkType", {"name": "operatedBy", "from": "Flight", "to": "Airline", "cardinality": "n-1"}),
    ("CreateObject", {"type": "Airline", "properties": {"carrier": "UA"}}),
    ("CreateObject", {"type": "Flight", "properties": {"id": "UA-1545", "codeshares": ["UA"]}}),
    ("UpdateObject", {**KEY, "patch": {"status": "cancelled"}}),
    ("UpdateObject", {**KEY, "operations": [{"op": "remove", "path": "/codeshares/0"}]}),
    ("UpsertObject", {"type": "Flight", "properties": {"id": "UA-1545", "status": None}}),
    ("CreateLink", LINK),
    ("DeleteLink", LINK),
    ("CreateActionType", {**CANCEL, "name": "CancelFlight", "description": "결항"}),
    ("ApplyAction", {"action": "CancelFlight", "parameters": {"flight": "UA-1545", "reason": "안개"}}),
    (
        "PublishActionTypeVersion",
        {**CANCEL, "action": "CancelFlight", "sideEffects": [{"kind": "notify", "name": "gate"}]},
    ),
    (
        "ApplyActionBatch",
        {"action": "CancelFlight", "version": 1, "submissions": [{"flight": "UA-1545", "reason": "정비"}]},
    ),
    ("DisableActionType", {"action": "CancelFlight"}),
    ("EnableActionType", {"action": "CancelFlight"}),
    ("RenameActionType", {"action": "CancelFlight", "name": "Cancel"}),
    ("UpdateActionTypeMetadata", {"action": "Cancel", "title": "결항"}),
    ("DeprecateActionType", {"action": "Cancel", "until": "2030-01-01T00:00:00Z"}),
    ("DeleteActionType", {"action": "Cancel"}),
    ("RestoreActionType", {"action": "CancelFlight"}),
    ("DeleteObject", KEY),
    ("RestoreObject", KEY),
    ("AddProperty", {"type": "Flight", "property": {"name": "gate", "type": "string"}}),
    (
        "CreateObjectType",
        {
            "name": "Passenger",
            "primaryKey": ["id"],
            "properties": [{"name": "id", "type": "string"}, {"name": "이름", "type": "string", "marking": "encrypt"}],
        },
    ),
    ("SetSubject", {"type": "Passenger", "property": "id"}),
    ("CreateObject", {"type": "Passenger", "properties": {"id": "p1", "이름": "김철수"}}),
    ("PurgeObject", {"type": "Passenger", "key": "p1", "reason": "asked for"}),
    ("PurgeDataSubject", {"subject": "Passenger/p1", "reason": "asked for"}),
    ("RenameObjectType", {"type": "Airline", "name": "Carrier"}),
    ("DeprecateObjectType", {"type": "Flight", "replacedBy": "Carrier", "until": "2030-01-01T00:00:00Z"}),
]
