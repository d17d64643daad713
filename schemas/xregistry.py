"""The catalog of events and commands as an xRegistry document (1.0-rc4): what is said, with which schema, and where.

schemagroups    io.oms.events, io.oms.commands    a schema for each name, a version for each `.v<n>`
messagegroups   the same                          a message for each CloudEvents type
endpoints       where they are spoken             NATS: the log and the commands; HTTP: the event gateway
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from events.catalog import COMMANDS, EVENTS
from events.wire.attributes import REQUIRED
from events.wire.envelope import CONTENT_TYPE, DATA_TYPE, SCHEMA_PREFIX
from schemas.asyncapi import first_sentence
from schemas.asyncapi_words import ENVELOPE
from schemas.generate import HERE, stored_in

Json = dict[str, Any]
SPEC_VERSION: Final = "1.0-rc4"
FORMAT: Final = "JsonSchema/2020-12"
CLOUDEVENTS: Final = "CloudEvents/1.0"
EVENT_GROUP: Final = "io.oms.events"
COMMAND_GROUP: Final = "io.oms.commands"
_FORMAL: Final[Mapping[str, str]] = {
    "time": "timestamp",
    "effectivetime": "timestamp",
    "source": "urireference",
    "dataschema": "uri",
}
"""The CloudEvents types of attributes that are no plain text or integer."""


def document(http: str | None = None, nats: str = "nats://127.0.0.1:4222") -> Json:
    """The whole registry; `http` is the gateway's own address, where there is one. Names no time: it is as the code is."""
    schemas = stored_in(HERE)
    return {
        "specversion": SPEC_VERSION,
        "registryid": "oms",
        "name": "OMS",
        "schemagroups": {
            EVENT_GROUP: _schema_group(EVENT_GROUP, schemas, dict(_event_schemas())),
            COMMAND_GROUP: _schema_group(COMMAND_GROUP, schemas, dict(_command_schemas())),
        },
        "messagegroups": {
            EVENT_GROUP: _message_group(EVENT_GROUP, {name: _event(name) for name in EVENTS}),
            COMMAND_GROUP: _message_group(COMMAND_GROUP, {_command_type(name): _command(name) for name in COMMANDS}),
        },
        "endpoints": dict(_endpoints(http, nats)),
    }


def _event_schemas() -> Iterator[tuple[str, dict[str, str]]]:
    """Schema id ─► version ─► file: `io.oms.object.created` ─► `1` ─► `events/object.created.v1.json`."""
    found: dict[str, dict[str, str]] = {}
    for name in EVENTS:
        stem, _, version = name.rpartition(".v")
        found.setdefault(stem, {})[version] = f"events/{name.removeprefix('io.oms.')}.json"
    yield from found.items()


def _command_schemas() -> Iterator[tuple[str, dict[str, str]]]:
    for name in COMMANDS:
        yield f"io.oms.command.{name}", {"1": f"commands/{name}.json"}


def _schema_group(group: str, schemas: Mapping[str, Json], named: Mapping[str, Mapping[str, str]]) -> Json:
    def version(identity: str, number: str, file: str) -> Json:
        xid = f"/schemagroups/{group}/schemas/{identity}/versions/{number}"
        return {
            "schemaid": identity,
            "versionid": number,
            "xid": xid,
            "isdefault": number == max(named[identity], key=int),
            "ancestorid": str(max(int(number) - 1, 1)),
            "format": FORMAT,
            "contenttype": "application/schema+json",
            "schema": schemas[file],
        }

    return {
        "schemagroupid": group,
        "xid": f"/schemagroups/{group}",
        "schemas": {
            identity: {
                "schemaid": identity,
                "xid": f"/schemagroups/{group}/schemas/{identity}",
                "versions": {number: version(identity, number, file) for number, file in versions.items()},
            }
            for identity, versions in named.items()
        },
    }


def _message_group(group: str, messages: Mapping[str, Json]) -> Json:
    placed = {
        name: {"messageid": name, "xid": f"/messagegroups/{group}/messages/{name}", **message}
        for name, message in messages.items()
    }
    return {
        "messagegroupid": group,
        "xid": f"/messagegroups/{group}",
        "envelope": CLOUDEVENTS,
        "messages": placed,
    }


def _event(name: str) -> Json:
    said = {attribute: _attribute(attribute) for attribute in ENVELOPE["properties"] if attribute != "data"}
    said["type"]["value"] = name
    said["dataschema"]["value"] = SCHEMA_PREFIX + name
    stem, _, version = name.rpartition(".v")
    return _message(first_sentence(EVENTS[name], f"{name}."), said, EVENT_GROUP, stem, version)


def _command(name: str) -> Json:
    said = {attribute: {"type": "string", "required": True} for attribute in REQUIRED}
    said |= {attribute: {"type": "string", "required": False} for attribute in ("datacontenttype", "time")}
    said["type"] |= {"value": _command_type(name)}
    return _message(
        first_sentence(COMMANDS[name].model, f"{name}."), said, COMMAND_GROUP, f"io.oms.command.{name}", "1"
    )


def _message(text: str, said: Json, group: str, schema: str, version: str) -> Json:
    return {
        "description": text,
        "envelope": CLOUDEVENTS,
        "envelopemetadata": said,
        "dataschemaformat": FORMAT,
        "dataschemaxid": f"/schemagroups/{group}/schemas/{schema}/versions/{version}",
        "datacontenttype": DATA_TYPE,
    }


def _attribute(name: str) -> Json:
    said = ENVELOPE["properties"][name]
    kind = _FORMAL.get(name, said.get("type", "string"))
    described = {"description": said["description"]} if "description" in said else {}
    return {"type": kind, "required": name in ENVELOPE["required"], **described}


def _endpoints(http: str | None, nats: str) -> Iterator[tuple[str, Json]]:
    yield _endpoint("oms.nats.log", "consumer", "NATS", nats, EVENT_GROUP, {"subjectfilter": "oms.evt.>"})
    yield _endpoint("oms.nats.commands", "producer", "NATS", nats, COMMAND_GROUP)
    if http is not None:
        yield _endpoint("oms.http.stream", "consumer", "HTTP", f"{http}/stream", EVENT_GROUP, {"method": "GET"})
        yield _endpoint("oms.http.events", "consumer", "HTTP", f"{http}/events", EVENT_GROUP, {"method": "GET"})
        yield _endpoint("oms.http.commands", "producer", "HTTP", f"{http}/events", COMMAND_GROUP, {"method": "POST"})


def _endpoint(
    identity: str, usage: str, protocol: str, uri: str, group: str, options: Mapping[str, str] = {}
) -> tuple[str, Json]:
    return identity, {
        "endpointid": identity,
        "xid": f"/endpoints/{identity}",
        "usage": [usage],
        "protocol": protocol,
        "protocoloptions": {"endpoints": [{"uri": uri}], "deployed": True, **options},
        "envelope": CLOUDEVENTS,
        "envelopeoptions": {"mode": "structured", "format": CONTENT_TYPE},
        "messagegroups": [f"/messagegroups/{group}"],
    }


def _command_type(name: str) -> str:
    return f"io.oms.command.{name}.v1"
