"""The AsyncAPI 3.0 document of all that OMS says and hears on NATS, made from the types that the code itself uses.

```
client ──► commands (request) ──► OMS ──► replies                oms.cmd.…    one outcome for each command
client ──► queue ───────────────► OMS ──► outcomes               oms.queue.…  accepted now, decided later
                                  OMS ──► events ──► everybody   oms.evt.…    the log
```
FastStream's generator knows no subject parameters, replies or headers, and only what FastStream itself consumes; so it
makes no part of this, but a test compares what it says of the queue.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from events.catalog import COMMANDS, EVENTS
from events.command import QUESTIONS, CommandMessage, Commit
from events.findings import Answer, Outcome
from events.wire.envelope import CONTENT_TYPE, SCHEMA_PREFIX
from schemas.asyncapi_words import (
    ADDRESSES,
    CHANNELS,
    COMMAND_HEADERS,
    ENVELOPE,
    EVENT_HEADERS,
    INFO,
    OPERATIONS,
    PARAMETERS,
    PARKED_HEADERS,
    QUEUED,
    SECURITY,
    SERVERS,
)

Json = dict[str, Any]
VERSION: Final = "3.0.0"
_ANSWER: Final = "OutcomeOfCommand"  # the command `Outcome` asks for it; two messages may not have one name
_PARKED: Final = "ParkedEvent"
_ANSWERS: Final = [_ANSWER, "AnswerToQuestion"]
_BINDING: Final = {"bindingVersion": "0.1.0"}
_DATA: Final[Mapping[str, type[BaseModel]]] = {
    **{name: each.model for name, each in COMMANDS.items()},
    "Commit": Commit,
    **QUESTIONS,
}


def document() -> Json:
    """The whole document, as JSON values."""
    decided = [name for name in _DATA if name not in QUESTIONS]
    events = [_short(name) for name in EVENTS]
    return {
        "asyncapi": VERSION,
        "id": "urn:oms",
        "info": INFO,
        "servers": SERVERS,
        "defaultContentType": "application/json",
        "channels": {
            "commands": _channel("commands", list(_DATA)),
            "replies": _channel("replies", _ANSWERS),
            "queue": _channel("queue", decided),
            "receipts": _channel("receipts", ["Queued"]),
            "outcomes": _channel("outcomes", [_ANSWER]),
            "events": _channel("events", events),
            "dead": _channel("dead", [_PARKED]),
        },
        "operations": {
            "answerCommands": {
                **_operation("answerCommands", "receive", "commands", list(_DATA), queue="door"),
                "reply": _reply("replies", *_ANSWERS),
            },
            "decideQueuedCommands": {
                **_operation("decideQueuedCommands", "receive", "queue", decided),
                "reply": _reply("receipts", "Queued"),
            },
            "tellOutcomes": _operation("tellOutcomes", "send", "outcomes", [_ANSWER]),
            "tellParkedEvents": _operation("tellParkedEvents", "send", "dead", [_PARKED]),
            "appendEvents": _operation("appendEvents", "send", "events", events),
        },
        "components": {
            "schemas": _schemas(),
            "messages": _messages(),
            "parameters": PARAMETERS,
            "securitySchemes": SECURITY,
        },
    }


def _channel(name: str, messages: Iterable[str]) -> Json:
    address = ADDRESSES.get(name)  # none: the reply subject of the moment
    parameters = [part[1:-1] for part in (address or "").split(".") if part.startswith("{")]
    return {
        "address": address,
        "description": CHANNELS[name],
        "messages": {each: _ref("components/messages", each) for each in messages},
        **({"parameters": {each: _ref("components/parameters", each) for each in parameters}} if parameters else {}),
        "bindings": {"nats": _BINDING},
    }


def _operation(name: str, action: str, channel: str, messages: Iterable[str], **binding: str) -> Json:
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "description": OPERATIONS[name],
        "messages": [_ref(f"channels/{channel}/messages", each) for each in messages],
        "bindings": {"nats": {**binding, **_BINDING}},
    }


def _reply(channel: str, *messages: str) -> Json:
    named = [_ref(f"channels/{channel}/messages", message) for message in messages]
    return {"channel": _ref("channels", channel), "messages": named}


def _messages() -> Json:
    return {
        **{name: _command(name, model) for name, model in _DATA.items()},
        **{_short(name): _event(name, model) for name, model in EVENTS.items()},
        _ANSWER: _message(_ANSWER, "What became of a command.", _ref("components/schemas", "OutcomeOfCommand")),
        "AnswerToQuestion": _message(
            "AnswerToQuestion", "What was asked for.", _ref("components/schemas", "AnswerToQuestion")
        ),
        _PARKED: {
            **_message(_PARKED, "An event that a view parked.", _ref("components/schemas", "Envelope"), CONTENT_TYPE),
            "headers": _ref("components/schemas", "ParkedHeaders"),
        },
        "Queued": _message("Queued", "JetStream keeps the command, synced.", _ref("components/schemas", "Queued")),
    }


def _command(name: str, model: type[BaseModel]) -> Json:
    plain = {
        "allOf": [
            _ref("components/schemas", "CommandMessage"),
            {"properties": {"type": {"const": name}, "data": _ref("components/schemas", f"{name}Data")}},
        ]
    }
    as_event = {
        "allOf": [
            _ref("components/schemas", "CommandAsCloudEvent"),
            {
                "properties": {
                    "type": {"const": f"io.oms.command.{name}.v1"},
                    "data": {"properties": {"data": _ref("components/schemas", f"{name}Data")}},
                }
            },
        ]
    }
    return {
        **_message(name, first_sentence(model, f"{name}."), {"oneOf": [plain, as_event]}),
        "headers": _ref("components/schemas", "CommandHeaders"),
        "correlationId": {"location": "$message.payload#/id", "description": "the command's id; its idempotency key"},
    }


def _event(name: str, model: type[BaseModel]) -> Json:
    said = {
        "type": {"const": name},
        "dataschema": {"const": SCHEMA_PREFIX + name},
        "data": _ref("components/schemas", model.__name__),
    }
    payload = {"allOf": [_ref("components/schemas", "Envelope"), {"properties": said}]}
    return {
        **_message(_short(name), first_sentence(model, f"{name}."), payload, CONTENT_TYPE),
        "headers": _ref("components/schemas", "EventHeaders"),
        "correlationId": {"location": "$message.payload#/causationid", "description": "the command that caused it"},
    }


def _message(name: str, summary: str, payload: Json, content_type: str = "application/json") -> Json:
    return {"name": name, "summary": summary, "contentType": content_type, "payload": payload}


def _schemas() -> Json:
    """Every model once, by its name; `data` of a command as `<Command>Data`."""
    models: list[type[BaseModel]] = [*_DATA.values(), CommandMessage, Outcome, Answer, *EVENTS.values()]
    _, made = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    schemas: Json = made["$defs"]
    for name, model in _DATA.items():
        schemas[f"{name}Data"] = schemas.pop(model.__name__)
    schemas["OutcomeOfCommand"] = schemas.pop(Outcome.__name__)
    schemas["AnswerToQuestion"] = schemas.pop(Answer.__name__)
    schemas |= {
        "CommandAsCloudEvent": _as_cloudevent(schemas["CommandMessage"]),
        "CommandHeaders": COMMAND_HEADERS,
        "Envelope": ENVELOPE,
        "EventHeaders": EVENT_HEADERS,
        "ParkedHeaders": PARKED_HEADERS,
        "Queued": QUEUED,
    }
    return dict(sorted(schemas.items()))


def _as_cloudevent(command: Json) -> Json:
    """A command whose `id` and `type` are the CloudEvent's, and whose rest is its `data`."""
    inside = {
        **command,
        "properties": {name: each for name, each in command["properties"].items() if name not in ("id", "type")},
        "required": [name for name in command["required"] if name not in ("id", "type")],
    }
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "description": "A CloudEvent in structured mode.",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {"specversion": {"const": "1.0"}, "id": text, "source": text, "type": text, "data": inside},
    }


def first_sentence(model: type[BaseModel], otherwise: str) -> str:
    inherited = any(model.__doc__ == base.__doc__ for base in model.__mro__[1:])
    return otherwise if inherited or not model.__doc__ else model.__doc__.split("\n\n")[0].replace("\n", " ").strip()


def _short(event_type: str) -> str:
    """`object.created.v1`."""
    return event_type.removeprefix("io.oms.")


def _ref(where: str, name: str) -> Json:
    return {"$ref": f"#/{where}/{name}"}
