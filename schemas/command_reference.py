"""`docs/messages.md`, made from the commands' own models: what each does, what it takes, and one that works."""

import json
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from events.actions.action_version import Criterion, Parameter, SideEffect
from events.actions.edits import ChangeObject, ForEach, MakeLink, MakeObject, RemoveObject
from events.catalog import COMMANDS
from events.command import QUESTIONS, CommandMessage, Commit, PartMessage
from events.findings import FindingMessage, Outcome
from events.migrations.migration_words import Fix, PlannedChange
from events.objects.patch import Operation
from events.schedules.schedule_words import Asked
from events.schedules.terms import Days, Every, Misfire
from events.schema.constraint import Constraint
from events.schema.interface_members import InterfaceLink, InterfaceProperty
from events.schema.property import DeclaredProperty
from events.schema.shared_words import SharedDeclaration
from events.schema.struct_fields import StructField
from events.subscriptions.terms import Config, ProtocolSettings

_HEAD: Final = """# Commands

Made from the types by `make schemas`; a test sends every example.

A command is a JSON object on `oms.cmd.<ontology>.<principal>.<env>.<service>.<purpose>.<command>` (a request, whose reply
is its outcome) or on `oms.queue.…` (kept, and decided in its turn; the outcome is published on
`oms.outcome.<ontology>.<principal>.<id>`). It may also be a CloudEvent of type `io.oms.command.<command>.v1`: its `id` is
the command's, its `data` holds the rest. On the command line: `oms send COMMAND --data JSON`. What can be wrong is listed
in [findings.md](findings.md).
"""
_PARTS: Final[Mapping[str, type[BaseModel]]] = {
    "A property": DeclaredProperty,
    "A constraint": Constraint,
    "A field of a struct": StructField,
    "What a shared property says": SharedDeclaration,
    "A property of an interface": InterfaceProperty,
    "A link of an interface": InterfaceLink,
    "A parameter": Parameter,
    "A criterion": Criterion,
    "An edit that creates an object": MakeObject,
    "An edit that changes an object": ChangeObject,
    "An edit that deletes an object": RemoveObject,
    "An edit of a link": MakeLink,
    "Edits for each item": ForEach,
    "A side effect": SideEffect,
    "An operation of a JSON Patch": Operation,
    "A command inside a commit": PartMessage,
    "A change that a migration makes": PlannedChange,
    "A fix": Fix,
    "How a subscription carries events out": Config,
    "Settings of HTTP": ProtocolSettings,
    "The command of a schedule": Asked,
    "An interval": Every,
    "Days that are left out": Days,
    "What becomes of missed runs": Misfire,
}
_NAMES: Final = {
    DeclaredProperty: "property",
    Constraint: "constraint",
    StructField: "field",
    SharedDeclaration: "declaration",
    InterfaceProperty: "interface property",
    InterfaceLink: "interface link",
    Parameter: "parameter",
    Criterion: "criterion",
    **dict.fromkeys((MakeObject, ChangeObject, RemoveObject, MakeLink, ForEach), "edit"),
    SideEffect: "side effect",
    Operation: "operation",
    PartMessage: "command",
    PlannedChange: "change",
    Fix: "fix",
    Config: "config",
    ProtocolSettings: "settings",
    Asked: "scheduled command",
    Every: "interval",
    Days: "days",
    Misfire: "misfire",
    FindingMessage: "finding",
}
_JSON: Final = {str: "string", int: "integer", bool: "boolean", float: "number", NoneType: "null"}

FLIGHT: Final = {"type": "Flight", "key": "UA-1545"}
LINK: Final = {"type": "operatedBy", "from": "UA-1545", "to": "UA"}
CANCEL: Final[Mapping[str, Any]] = {
    "parameters": {
        "flight": {"type": "reference", "target": "Flight", "required": True},
        "reason": {"type": "enum", "values": ["안개", "정비"], "required": True},
    },
    "edits": [
        {
            "edit": "updateObject",
            "object": "flight",
            "set": {"status": "cancelled", "gate": {"cel": "parameters.reason"}},
        }
    ],
}
EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "CreateBranch": {"name": "dev/flights/gates", "from": "prod/main/main"},
    "ProtectBranch": {"name": "dev/flights/gates", "approvals": 2},
    "UnprotectBranch": {"name": "dev/flights/gates"},
    "ArchiveBranch": {"name": "dev/flights/gates"},
    "DeleteBranch": {"name": "dev/flights/gates"},
    "RestoreBranch": {"name": "dev/flights/gates"},
    "TagCommit": {"name": "v1", "at": 1},
    "MergeBranch": {
        "source": "dev/flights/gates",
        "resolutions": [{"key": "object/Flight/UA-1545", "path": "/properties/gate", "choice": "theirs"}],
    },
    "RebaseBranch": {"resolve": "ours"},
    "RevertCommit": {"position": 41},
    "ResetBranch": {"to": 40},
    "OpenProposal": {"source": "dev/flights/gates", "title": "탑승구를 더한다", "reviewers": ["bo@desk"]},
    "MarkReady": {"proposal": 1},
    "AssignReviewers": {"proposal": 1, "add": ["cy@desk"]},
    "CommentOnProposal": {"proposal": 1, "text": "게이트가 없는 편은?", "on": "object/Flight/UA-1545"},
    "ApproveTask": {"proposal": 1, "resource": "objectType/ri.oms.object-type.018f3a3e-0000-7000-8000-000000000001"},
    "ApproveProposal": {"proposal": 1},
    "RevokeApproval": {"proposal": 1},
    "RequestChanges": {"proposal": 1, "text": "the gate of UA-1545 is C7"},
    "RunChecks": {"proposal": 1},
    "ResolveConflict": {"proposal": 1, "key": "object/Flight/UA-1545", "path": "/properties/gate", "choice": "theirs"},
    "MergeProposal": {"proposal": 1},
    "CloseProposal": {"proposal": 1, "reason": "done by hand"},
    "ReopenProposal": {"proposal": 1},
    "CreateObjectType": {
        "name": "Flight",
        "primaryKey": ["id"],
        "properties": [
            {"name": "id", "type": "string"},
            {"name": "status", "type": "enum", "values": ["planned", "cancelled"], "default": "planned"},
        ],
    },
    "AddProperty": {"type": "Flight", "property": {"name": "gate", "type": "string"}},
    "SetSubject": {"type": "Passenger", "property": "id"},
    "CreateValueType": {"name": "Seats", "base": "integer", "constraint": {"min": 1, "max": 900, "unit": "석"}},
    "PublishValueTypeVersion": {"type": "Seats", "constraint": {"unit": "석"}},
    "UpdateValueTypeMetadata": {"type": "Seats", "title": "좌석"},
    "DeprecateValueType": {"type": "Seats", "until": "2030-01-01T00:00:00Z"},
    "DeleteValueType": {"type": "Seats"},
    "RestoreValueType": {"type": "Seats"},
    "RenameValueType": {"type": "Seats", "name": "SeatCount"},
    "CreateStructType": {
        "name": "Address",
        "fields": [{"name": "street", "type": "string"}, {"name": "city", "type": "string", "required": True}],
    },
    "AddStructField": {"type": "Address", "field": {"name": "zip", "type": "string"}},
    "RenameStructField": {"type": "Address", "field": "zip", "name": "postcode"},
    "SetStructFieldRequired": {"type": "Address", "field": "postcode", "required": True},
    "RemoveStructField": {"type": "Address", "field": "postcode"},
    "UpdateStructTypeMetadata": {"type": "Address", "title": "주소"},
    "DeprecateStructType": {"type": "Address", "until": "2030-01-01T00:00:00Z"},
    "DeleteStructType": {"type": "Address"},
    "RestoreStructType": {"type": "Address"},
    "RenameStructType": {"type": "Address", "name": "PostalAddress"},
    "CreateSharedProperty": {"name": "Capacity", "property": {"valueType": "SeatCount"}, "description": "how many fit"},
    "UpdateSharedProperty": {"shared": "Capacity", "property": {"valueType": "SeatCount", "version": 2}},
    "UpdateSharedPropertyMetadata": {"shared": "Capacity", "title": "정원"},
    "SetValueType": {"type": "Airline", "property": "seats", "valueType": "SeatCount", "version": "latest"},
    "AttachSharedProperty": {"type": "Airline", "property": "seats", "shared": "Capacity"},
    "DetachSharedProperty": {"type": "Airline", "property": "seats"},
    "DeprecateSharedProperty": {"shared": "Capacity", "until": "2030-01-01T00:00:00Z"},
    "DeleteSharedProperty": {"shared": "Capacity"},
    "RestoreSharedProperty": {"shared": "Capacity"},
    "RenameSharedProperty": {"shared": "Capacity", "name": "Places"},
    "CreateInterface": {"name": "Named", "properties": [{"name": "title", "type": "string", "required": True}]},
    "AddInterfaceProperty": {"interface": "Named", "property": {"name": "seats", "valueType": "SeatCount"}},
    "AddInterfaceLink": {
        "interface": "Named",
        "link": {"name": "by", "target": "Airline", "cardinality": "n-1"},
    },
    "ExtendInterface": {"interface": "Named", "extends": "Aged"},
    "RemoveInterfaceMember": {"interface": "Named", "member": "link", "name": "by"},
    "UpdateInterfaceMetadata": {"interface": "Named", "description": "what has a title"},
    "DeprecateInterface": {"interface": "Named", "until": "2030-01-01T00:00:00Z"},
    "DeleteInterface": {"interface": "Named"},
    "RestoreInterface": {"interface": "Named"},
    "RenameInterface": {"interface": "Named", "name": "Titled"},
    "CreateLinkType": {"name": "operatedBy", "from": "Flight", "to": "Airline", "cardinality": "n-1"},
    "CreateObject": {"type": "Flight", "properties": {"id": "UA-1545"}},
    "UpdateObject": {**FLIGHT, "patch": {"gate": "C7"}},
    "UpsertObject": {"type": "Flight", "properties": {"id": "UA-1545", "status": "cancelled"}},
    "PurgeObject": {"type": "Guest", "key": "g1", "reason": "asked for in ticket 42"},
    "PurgeDataSubject": {"subject": "Guest/g2", "reason": "asked for in ticket 42"},
    "PlanMigration": {
        "change": {"type": "SetRequired", "data": {"type": "Flight", "property": "gate", "required": True}},
        "fix": {"kind": "default", "value": "미정"},
    },
    "ApproveMigration": {"migration": 1},
    "RunMigration": {"migration": 1},
    "PauseMigration": {"migration": 1, "reason": "점검"},
    "ResumeMigration": {"migration": 1},
    "RevertMigration": {"migration": 1},
    "ApplyMigrationBatch": {"migration": 1, "step": 0},
    "CreateLink": LINK,
    "CreateActionType": {"name": "Cancel", **CANCEL},
    "PublishActionTypeVersion": {
        "action": "Cancel",
        **CANCEL,
        "criteria": [{"cel": "objects.flight.status == 'planned'", "message": "only a planned flight is cancelled"}],
    },
    "PreviewAction": {"action": "Cancel", "version": 1, "parameters": {"flight": "UA-1545", "reason": "안개"}},
    "ApplyAction": {"action": "Cancel", "version": 1, "parameters": {"flight": "UA-1545", "reason": "안개"}},
    "ApplyActionBatch": {
        "action": "Cancel",
        "version": 1,
        "submissions": [{"flight": "UA-1545", "reason": "정비"}],
    },
    "DisableActionType": {"action": "Cancel"},
    "EnableActionType": {"action": "Cancel"},
    "RenameActionType": {"action": "Cancel", "name": "CancelFlight"},
    "UpdateActionTypeMetadata": {"action": "Cancel", "title": "결항"},
    "DeprecateActionType": {"action": "Cancel", "until": "2030-01-01T00:00:00Z"},
    "DeleteActionType": {"action": "Cancel"},
    "RestoreActionType": {"action": "Cancel"},
    "AddLinkProperty": {"type": "operatedBy", "property": {"name": "since", "type": "date"}},
    "UpdateLink": {**LINK, "patch": {"since": "2013-01-01"}},
    "RenameLinkProperty": {"type": "operatedBy", "property": "since", "name": "startedOn"},
    "RemoveLinkProperty": {"type": "operatedBy", "property": "startedOn"},
    "CreateRule": {
        "name": "HasGate",
        "type": "Flight",
        "expression": "new.status != 'planned' || has(new.gate)",
        "message": "{key}: 게이트가 없습니다",
        "severity": "warn",
    },
    "UpdateRule": {"rule": "HasGate", "changes": ["create", "update"]},
    "DisableRule": {"rule": "HasGate"},
    "EnableRule": {"rule": "HasGate"},
    "UpdateRuleMetadata": {"rule": "HasGate", "title": "게이트"},
    "RenameRule": {"rule": "HasGate", "name": "PlannedHasGate"},
    "DeprecateRule": {"rule": "PlannedHasGate", "until": "2030-01-01T00:00:00Z"},
    "DeleteRule": {"rule": "PlannedHasGate"},
    "RestoreRule": {"rule": "HasGate"},
    "SetPiiPolicy": {"kinds": {"email": "allow", "iban": "reject"}},
    "RegisterSubscription": {
        "name": "flights-out",
        "sink": "https://example.com/hooks",
        "types": ["io.oms.object.*"],
        "filters": [{"sql": "data.properties.status = 'cancelled'"}],
        "secret": "whs-0123456789abcdef0123456789abcdef",
    },
    "UpdateSubscription": {"subscription": "flights-out", "filters": [{"suffix": {"type": ".updated.v1"}}]},
    "RotateSubscriptionSecret": {"subscription": "flights-out", "secret": "whs-fedcba9876543210fedcba9876543210"},
    "PauseSubscription": {"subscription": "flights-out", "reason": "점검"},
    "ResumeSubscription": {"subscription": "flights-out"},
    "ReplaySubscription": {"subscription": "flights-out", "after": 0, "until": 1},
    "ExpungeSubscriptionTries": {
        "subscription": "flights-out",
        "before": "2026-01-01T00:00:00Z",
        "reason": "an answer held names",
    },
    "ReportSubscriptionFailing": {
        "subscription": "flights-out",
        "percent": 50,
        "since": "2026-01-31T12:00:00Z",
        "attempts": 12,
    },
    "ReportSubscriptionRecovered": {"subscription": "flights-out", "since": "2026-01-31T12:00:00Z", "attempts": 14},
    "ReportSubscriptionEventsFailing": {
        "subscription": "flights-out",
        "events": 2,
        "first": 7,
        "last": 9,
        "result": "timeout",
    },
    "ReportSubscriptionEventsRecovered": {"subscription": "flights-out", "events": 2, "first": 7, "last": 9},
    "ReportSubscriptionExhausted": {
        "subscription": "flights-out",
        "events": 2,
        "first": 7,
        "last": 9,
        "result": "status_503",
    },
    "DisableSubscription": {"subscription": "flights-out", "reason": "answers 410"},
    "DeleteSubscription": {"subscription": "flights-out"},
    "SetCalendar": {
        "name": "휴일",
        "days": [{"on": "12-25"}, {"on": "2026-02-16", "until": "2026-02-18", "name": "설날"}],
    },
    "CreateSchedule": {
        "name": "nightly",
        "command": {"type": "UpsertObject", "data": {"type": "Flight", "properties": {"id": "${date}"}}},
        "cron": "30 2 * * *",
        "zone": "Asia/Seoul",
        "calendars": ["휴일"],
    },
    "UpdateSchedule": {"schedule": "nightly", "every": {"seconds": 3600}, "calendars": None},
    "PauseSchedule": {"schedule": "nightly", "reason": "점검"},
    "ResumeSchedule": {"schedule": "nightly"},
    "RunScheduleNow": {"schedule": "nightly"},
    "DeleteSchedule": {"schedule": "nightly"},
    "DeleteCalendar": {"calendar": "휴일"},
    "DeleteLink": LINK,
    "RenameLinkType": {"type": "operatedBy", "name": "flownBy"},
    "SetLinkTypeInverse": {"type": "flownBy", "inverse": "flies"},
    "SetCardinality": {"type": "flownBy", "cardinality": "n-n"},
    "UpdateLinkTypeMetadata": {"type": "flownBy", "title": "운항사"},
    "SetLinkTypeStatus": {"type": "flownBy", "status": "experimental"},
    "SetAcyclic": {"type": "owns", "acyclic": True},
    "SetOnDelete": {"type": "owns", "onDelete": "cascade", "owner": "from"},
    "ChangeEndpoints": {"type": "serves", "to": "Flight"},
    "DeprecateLinkType": {"type": "serves", "replacedBy": "flownBy", "until": "2030-01-01T00:00:00Z"},
    "DeleteLinkType": {"type": "serves"},
    "RestoreLinkType": {"type": "serves"},
    "DeleteObject": FLIGHT,
    "RestoreObject": FLIGHT,
    "Commit": {
        "commands": [
            {"type": "UpdateObject", "data": {**FLIGHT, "operations": [{"op": "remove", "path": "/gate"}]}},
            {"type": "CreateLink", "data": LINK},
        ]
    },
    "RenameProperty": {"type": "Flight", "property": "gate", "name": "탑승구"},
    "UpdatePropertyMetadata": {"type": "Flight", "property": "탑승구", "description": "where it is boarded"},
    "DeprecateProperty": {"type": "Flight", "property": "탑승구", "replacedBy": "status"},
    "ChangePropertyType": {"type": "Flight", "property": "탑승구", "to": "json"},
    "SetDefault": {"type": "Flight", "property": "탑승구", "default": "C1"},
    "SetRequired": {"type": "Flight", "property": "탑승구", "required": True},
    "SetMarking": {"type": "Flight", "property": "탑승구", "marking": "mark"},
    "SetSearchable": {"type": "Flight", "property": "탑승구", "searchable": True},
    "SetUnfoldable": {"type": "Flight", "property": "탑승구", "unfoldable": True},
    "StoreSections": {"sections": [{"text": "제1장: 비행 전 점검"}]},
    "RemoveProperty": {"type": "Jet", "property": "size"},
    "RestoreProperty": {"type": "Jet", "property": "size"},
    "SetUnique": {"type": "Jet", "property": "size", "unique": True},
    "AddEnumValue": {"type": "Flight", "property": "status", "value": "delayed"},
    "RemoveEnumValue": {"type": "Jet", "property": "size", "value": "small"},
    "SetPrimaryKey": {"type": "Jet", "primaryKey": ["size"]},
    "SetTitleProperty": {"type": "Flight", "property": "id"},
    "ChangeParents": {"type": "Jet", "parents": ["Vehicle"]},
    "ImplementInterface": {"type": "Jet", "interface": "Aged"},
    "RemoveInterface": {"type": "Jet", "interface": "Aged"},
    "SetAbstract": {"type": "Jet", "abstract": True},
    "SetTypeUnfoldable": {"type": "Jet", "unfoldable": True},
    "UpdateObjectTypeMetadata": {"type": "Flight", "title": "항공편", "icon": "plane", "table": None},
    "SetObjectTypeStatus": {"type": "Jet", "status": "experimental"},
    "RenameObjectType": {"type": "Flight", "name": "Departure"},
    "DeprecateObjectType": {"type": "Departure", "until": "2030-01-01T00:00:00Z"},
    "DeleteObjectType": {"type": "Jet"},
    "RestoreObjectType": {"type": "Jet"},
    "PreviewMerge": {"source": "dev/flights/gates", "limit": 20},
    "Outcome": {"id": "6f0c9b0e"},
    "Show": {"type": "Flight", "key": "UA-1545", "asOf": "2013-01-01"},
    "History": {"type": "Flight", "key": "UA-1545"},
    "Blame": {"type": "Flight", "key": "UA-1545"},
    "ShowAll": {"type": "Flight", "asOf": "2013-01-01", "limit": 100},
    "Diff": {"from": "2013-01-01", "to": "now"},
    "Branches": {"deleted": True},
    "Subscriptions": {"asOf": "now"},
    "Schedules": {"next": 3},
    "ScheduleRuns": {"schedule": "nightly", "limit": 5},
    "Impact": {"type": "Flight", "property": "status"},
    "Similar": {"text": "delayed by fog", "type": "Flight"},
    "UploadSections": {"sections": [{"text": "제2장: 비행 후 점검"}], "named": []},
}
"""`data` of each command, in an order in which they work, once there are the types of the test that sends them."""


def reference() -> str:
    """The page, in Markdown."""
    models: dict[str, type[BaseModel]] = {
        **{name: each.model for name, each in COMMANDS.items()},
        "Commit": Commit,
        **QUESTIONS,
    }
    lines = [_HEAD]
    lines += ["## The message", "", _said(CommandMessage), "", *_table(CommandMessage)]
    lines += ["## The outcome", "", _said(Outcome), "", *_table(Outcome), "A finding:", "", *_table(FindingMessage)]
    for name, model in models.items():
        example = json.dumps(EXAMPLES[name], ensure_ascii=False)
        lines += [f"## {name}", "", _said(model), "", *_table(model), "```json", example, "```", ""]
    for title, model in _PARTS.items():
        lines += [f"## {title}", "", _said(model), "", *_table(model)]
    return "\n".join(lines).rstrip() + "\n"


def _table(model: type[BaseModel]) -> Iterator[str]:
    yield "| field | type | |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        said = (field.description or "").replace("|", "\\|")
        yield f"| `{field.alias or name}` | {_kind(field.annotation)} | {said}{_otherwise(field)} |"
    yield ""


def _otherwise(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    if field.default is None or field.default_factory is not None:
        return " *(optional)*"
    return f" *(default: `{json.dumps(field.default)}`)*"


def _kind(annotation: Any) -> str:
    """A type, in the words of JSON."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_kind(each) for each in arguments if each is not NoneType))
    if origin is list:
        return f"list of {_kind(arguments[0])}"
    if origin is dict:
        return f"object of {_NAMES[arguments[1]]}s" if arguments[1] in _NAMES else "object"
    return _JSON.get(annotation) or _NAMES.get(annotation) or "any JSON"


def _said(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip()
