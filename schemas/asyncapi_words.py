"""What the AsyncAPI document says that no type says: addresses, parameters, headers, the envelope, who may do what."""

from typing import Any, Final

from events.catalog import EVENTS
from events.names import BRANCH, ONTOLOGY
from events.wire.envelope import CONTENT_TYPE, MAX_EVENT_BYTES, SEQUENCE_DIGITS

Json = dict[str, Any]

INFO: Final[Json] = {
    "title": "OMS",
    "version": "1.0.0",
    "description": "Commands in, outcomes out, and the log of everything that happened to an ontology.",
    "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
}
SERVERS: Final[Json] = {
    "nats": {
        "host": "127.0.0.1:{port}",
        "protocol": "nats",
        "description": "nats-server 2.14 or newer with JetStream; `oms up` starts one and writes its address to a file.",
        "variables": {"port": {"default": "4222", "description": "a free one each time, unless it is set"}},
        "security": [{"$ref": "#/components/securitySchemes/user"}],
    }
}
SECURITY: Final[Json] = {
    "user": {
        "type": "userPassword",
        "description": (
            "A client publishes commands under its own name alone, hears its own outcomes, and reads the log. "
            "Only the relay publishes events."
        ),
    }
}
ADDRESSES: Final = {
    "commands": "oms.cmd.{ontology}.{principal}.{env}.{service}.{purpose}.{command}",
    "queue": "oms.queue.{ontology}.{principal}.{env}.{service}.{purpose}.{command}",
    "outcomes": "oms.outcome.{ontology}.{principal}.{id}",
    "events": "oms.evt.{ontology}.{env}.{service}.{purpose}.{aggregate}.{class}.{identity}",
    "dead": "oms.dead.{ontology}.{consumer}.{env}.{service}.{purpose}.{aggregate}.{class}.{identity}",
}
CHANNELS: Final = {
    "commands": "One command, sent as a request. The reply is its outcome.",
    "replies": "The reply subject of the request, below `_INBOX.<user>`.",
    "queue": (
        "The same commands, kept in a work-queue stream: accepted now, and decided in the order in which they were "
        "queued as soon as a committer runs. The outcome comes on `outcomes`, and can be asked for again."
    ),
    "receipts": "The reply subject of the publish: JetStream's acknowledgement.",
    "outcomes": "Outcomes of queued commands. Core NATS: whoever does not listen at that moment sends `Outcome`.",
    "events": (
        "The log: a JetStream stream whose sequence is the event's position. Read it with Direct Get "
        "(`$JS.API.DIRECT.GET.OMS_LOG_<ontology>`); a live message is a hint that there is more to read."
    ),
    "dead": (
        "Events that a view could not apply and parked, as they stand on the log, with why. Core NATS: whoever does not "
        "listen at that moment finds them in the view (`oms dead list`)."
    ),
}
OPERATIONS: Final = {
    "answerCommands": "A command is decided and durable before it is answered; in the order sent, for each principal.",
    "decideQueuedCommands": "A command leaves the queue after its outcome was told; it may be told twice, never changed.",
    "tellOutcomes": "To the principal that queued the command, and nobody else.",
    "tellParkedEvents": "Behind the view's commit that parks them; those that wait behind a parked one, too.",
    "appendEvents": "In the order of positions, each behind the one before; several as one atomic batch.",
}
PARAMETERS: Final[Json] = {
    "ontology": {"description": f"One log, one committer. `{ONTOLOGY.pattern}`", "default": "main"},
    "principal": {"description": "Who logged in; `local` where nobody has to. Escaped as `id` is."},
    "env": {"description": f"First part of a branch, `{BRANCH.pattern}`", "examples": ["prod", "stg", "dev"]},
    "service": {"description": "Second part of the branch.", "examples": ["flights"]},
    "purpose": {"description": "Third part of the branch.", "examples": ["main"]},
    "command": {"description": "The command's name, as in its `type`.", "examples": ["CreateObject", "Commit"]},
    "id": {
        "description": (
            "The command's id: `.`, `*`, `>`, `%`, blanks and control characters as `%XX`, nothing as `%`; "
            "beyond 200 bytes `sha256-<hex>`."
        )
    },
    "aggregate": {
        "description": "What kind of thing changed.",
        "enum": sorted({name.split(".")[2] for name in EVENTS}),
    },
    "class": {"description": "The type's first API name, for ever; `-` where there is none.", "examples": ["Flight"]},
    "identity": {"description": "The entity's key, escaped as `id` is.", "examples": ["UA-1545", "UA-1545~UA"]},
    "consumer": {"description": "The view.", "examples": ["versions"]},
}

_TEXT: Final = {"type": "string", "minLength": 1}
_ATTRIBUTES: Final[Json] = {
    "specversion": {"const": "1.0"},
    "id": {**_TEXT, "description": "UUIDv7"},
    "source": {**_TEXT, "description": "`/oms/<ontology>/<env>/<service>`"},
    "type": {**_TEXT, "description": "`io.oms.<aggregate>.<pastTense>.v<n>`"},
    "subject": {**_TEXT, "description": "the entity: `<aggregate>/<id>`, e.g. `object/Flight/UA-1545`"},
    "time": {**_TEXT, "format": "date-time", "description": "rises strictly with the position"},
    "datacontenttype": {"const": "application/json"},
    "dataschema": {**_TEXT, "description": "`urn:oms:schema:<type>`"},
    "sequence": {"type": "string", "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$", "description": "position, zero-padded"},
    "branch": {"type": "string", "pattern": f"^{BRANCH.pattern}$"},
    "commitid": {**_TEXT, "description": "SHA-256 over parents, author, time, message and events, in hex"},
    "commitindex": {"type": "integer", "minimum": 0},
    "commitsize": {"type": "integer", "minimum": 1, "description": "events of the commit; they are contiguous"},
    "commitmessage": {
        **_TEXT,
        "description": "why, on the first event of a commit; `%` and control characters percent-encoded",
    },
    "author": {**_TEXT, "description": "`<user>@<service>`"},
    "onbehalfof": _TEXT,
    "effectivetime": {**_TEXT, "format": "date-time", "description": "valid time; absent = `time`"},
    "causationid": {**_TEXT, "description": "the command's id"},
    "correlationid": _TEXT,
    "traceparent": {**_TEXT, "description": "W3C Trace Context of the event's origin"},
    "prevhash": {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "SHA-256 of the body one position before",
    },
}
_MAY_BE_ABSENT: Final = ("commitmessage", "onbehalfof", "effectivetime", "correlationid", "traceparent")
ENVELOPE: Final[Json] = {
    "type": "object",
    "description": f"A CloudEvent 1.0 in structured mode, at most {MAX_EVENT_BYTES:,} bytes with its headers.",
    "properties": {**_ATTRIBUTES, "data": {}},
    "required": [name for name in (*_ATTRIBUTES, "data") if name not in _MAY_BE_ABSENT],
    "additionalProperties": False,
}
EVENT_HEADERS: Final[Json] = {
    "type": "object",
    "description": (
        "On the log the attributes stand in the payload (structured mode). Whoever passes an event on in binary mode "
        "gives each as a header `ce-…`, percent-encoded, and `data` alone as the payload."
    ),
    "properties": {
        "Content-Type": {"const": CONTENT_TYPE},
        "Nats-Expected-Last-Sequence": {"type": "string", "description": "set by the relay"},
        **{f"ce-{name}": {**said, "type": "string"} for name, said in _ATTRIBUTES.items() if "const" not in said},
    },
    "required": ["Content-Type"],
}
PARKED_HEADERS: Final[Json] = {
    "type": "object",
    "properties": {
        "Content-Type": {"const": CONTENT_TYPE},
        "Oms-Dead-Position": {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "the event's position"},
        "Oms-Dead-Code": {"type": "string", "description": "as in docs/findings.md", "examples": ["EVENT_WAITS"]},
        "Oms-Dead-Reason": {"type": "string", "description": "a sentence, percent-encoded as `ce-…` headers are"},
        "Oms-Dead-Behind": {
            "type": "string",
            "pattern": "^[1-9][0-9]*$",
            "description": "the position of the parked event that it waits behind; absent = it could not be applied itself",
        },
    },
    "required": ["Content-Type", "Oms-Dead-Position", "Oms-Dead-Code", "Oms-Dead-Reason"],
}
COMMAND_HEADERS: Final[Json] = {
    "type": "object",
    "properties": {
        "Oms-Wait": {
            "type": "string",
            "pattern": "^(outbox|log|projected:.+)$",
            "default": "outbox",
            "description": "requests only: when to answer; `outbox` = durable, `log` = published, or seen by a view",
        },
        "Oms-Deadline": {"type": "string", "default": "10", "description": "seconds to wait so, at most 120"},
        "Nats-Msg-Id": {"type": "string", "description": "queue only: JetStream drops a repetition within two minutes"},
    },
}
QUEUED: Final[Json] = {
    "type": "object",
    "required": ["stream", "seq"],
    "properties": {
        "stream": {"type": "string", "description": "`OMS_QUEUE_<ontology>`"},
        "seq": {"type": "integer", "minimum": 1},
        "duplicate": {"type": "boolean"},
        "error": {"type": "object", "description": "instead of the others: it was not kept"},
    },
}
