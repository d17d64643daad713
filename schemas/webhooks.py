"""The events that subscriptions carry out, as the `webhooks` of an OpenAPI 3.1 document: for tools that read no AsyncAPI.

Each is a POST to the endpoint: in structured mode the event, in binary mode its data, in batches a list of events.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from events.catalog import EVENTS
from events.wire.cloudevents import BATCH_TYPE
from events.wire.envelope import CONTENT_TYPE, SCHEMA_PREFIX
from schemas.asyncapi import first_sentence
from schemas.asyncapi_words import ENVELOPE

Json = dict[str, Any]
VERSION: Final = "3.1.0"
_ABOUT: Final = (
    "What OMS sends to the endpoints of subscriptions, as Standard Webhooks 1.0 has it. A subscription chooses which types, "
    "and may send another shape of them (`config.transform`). What is sent twice has the same `webhook-id`."
)
_HEADERS: Final[dict[str, str]] = {
    "webhook-id": "the same however often it is sent",
    "webhook-timestamp": "of this try, in seconds since 1970",
    "webhook-signature": "`v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519), one for each secret in use, apart by blanks",
}
_ANSWERS: Final[dict[str, str]] = {
    "2XX": "It has arrived.",
    "410": "Nothing is wanted any more: the subscription is disabled.",
    "429": "Too fast: everything waits as long as `Retry-After` says.",
    "default": "It comes again, by the subscription's schedule.",
}


def document() -> Json:
    """The whole document, as JSON values."""
    models: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in EVENTS.values()]
    _, made = models_json_schema(models, ref_template="#/components/schemas/{model}")
    parameters = {
        name: {"name": name, "in": "header", "required": False, "description": about, "schema": {"type": "string"}}
        for name, about in _HEADERS.items()
    }
    return {
        "openapi": VERSION,
        "info": {"title": "OMS webhooks", "version": "1.0.0", "description": _ABOUT},
        "webhooks": {name: {"post": _post(name, model.__name__)} for name, model in EVENTS.items()},
        "components": {
            "schemas": dict(sorted({**made["$defs"], "Envelope": ENVELOPE}.items())),
            "parameters": parameters,
        },
    }


def _post(name: str, data: str) -> Json:
    said = {"type": {"const": name}, "dataschema": {"const": SCHEMA_PREFIX + name}, "data": _schema(data)}
    event = {"allOf": [_schema("Envelope"), {"properties": said}]}
    short = name.removeprefix("io.oms.")
    return {
        "operationId": short,
        "tags": [short.partition(".")[0]],
        "summary": first_sentence(EVENTS[name], f"{name}."),
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in _HEADERS],
        "requestBody": {
            "required": True,
            "content": {
                CONTENT_TYPE: {"schema": event},
                BATCH_TYPE: {"schema": {"type": "array", "items": _schema("Envelope")}},
                "application/json": {"schema": _schema(data)},
            },
        },
        "responses": {status: {"description": about} for status, about in _ANSWERS.items()},
    }


def _schema(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
