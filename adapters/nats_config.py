"""The configuration of an embedded nats-server: who may say what, and how safely it is stored.

```
account OMS      admin    creates and changes streams
                 relay    the only one who publishes `oms.evt.>`
                 service  the doors, the projectors: reads the log, answers commands; says those that came in by HTTP
account CLIENTS  local    an ordinary client: `oms.cmd.*.local.>`, `oms.queue.*.local.>`, its outcomes, the events
account SYS      system   asks how the server is set; hears who could not log in
```

Ordinary clients live in an account of their own because permissions do not bind a reply subject: whoever shares the
log's account and may ask JetStream anything can name `oms.evt.…` as the place for the answer, and the log stores it.
For the same reason clients cannot create consumers: a push consumer speaks on any subject.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

ORDINARY = "local"
SYSTEM = "system"
USERS = ("admin", "relay", "service", ORDINARY, SYSTEM)
WHO_AM_I = "$SYS.REQ.USER.INFO"
FAILED_LOGINS = "$SYS.SERVER.*.CLIENT.AUTH.ERR"  # of every server of a cluster
MAX_PAYLOAD = 1 << 20  # bytes; an event is at most 512 KiB, a queued command at most this
MAX_PENDING = 64 << 20  # bytes the server holds for one connection before it calls it slow

Json = dict[str, Any]


class Login(NamedTuple):
    user: str
    password: str


def new_logins() -> dict[str, Login]:
    """One login for each user, with a secret of 256 bits."""
    return {user: Login(user, secrets.token_urlsafe(32)) for user in USERS}


def inbox(user: str) -> str:
    """Where a user's replies arrive; only that user may listen there."""
    return f"_INBOX.{user}"


def log_stream(ontology: str) -> str:
    return f"OMS_LOG_{ontology}"


def queue_stream(ontology: str) -> str:
    return f"OMS_QUEUE_{ontology}"


def later_stream(ontology: str) -> str:
    return f"OMS_LATER_{ontology}"


def config(name: str, listen: str, store: str, logins: Mapping[str, Login], ontologies: Sequence[str]) -> Json:
    """What nats-server reads (its format is a superset of JSON). `listen` is `host:port`, port -1 = any free one."""
    logs = [log_stream(ontology) for ontology in ontologies]
    queues = [queue_stream(ontology) for ontology in ontologies]
    laters = [later_stream(ontology) for ontology in ontologies]
    services: list[Json] = [
        {"service": "oms.cmd.>"},
        {"service": "oms.queue.>"},
        *({"service": subject} for log in logs for subject in (f"$JS.API.STREAM.INFO.{log}",)),
        *({"service": f"$JS.API.DIRECT.GET.{log}", "response_type": "stream"} for log in logs),
    ]
    streams: list[Json] = [{"stream": f"oms.{of}.>"} for of in ("evt", "outcome", "dead", "out")]
    return {
        "server_name": name,
        "listen": listen,
        "max_payload": MAX_PAYLOAD,
        "max_pending": MAX_PENDING,
        "jetstream": {
            "store_dir": store,
            "sync_interval": "always",
            "max_file_store": 1 << 40,  # the disk is the limit, not a number chosen at start
            "max_memory_store": 1 << 30,
            "limits": {"batch": {"max_msgs": 1000, "timeout": "10s"}},
        },
        "system_account": "SYS",
        "accounts": {
            "SYS": {"users": [_user(logins[SYSTEM], ["$SYS.REQ.>"], [FAILED_LOGINS])]},
            "OMS": {
                "jetstream": "enabled",
                "users": [
                    _user(logins["admin"], ["$JS.API.>"]),
                    _user(logins["relay"], _relay_says(ontologies)),
                    _user(logins["service"], _service_says(ontologies, logs, queues, laters), ["oms.cmd.>"]),
                ],
                "exports": [{**export, "accounts": ["CLIENTS"]} for export in (*services, *streams)],
            },
            "CLIENTS": {
                "users": [_user(logins[ORDINARY], _client_says(ORDINARY, logs), _client_hears(ORDINARY))],
                "imports": [_import(export) for export in (*services, *streams)],
            },
        },
    }


def _user(login: Login, says: Sequence[str], hears: Sequence[str] = ()) -> Json:
    permissions = {"publish": list(says), "subscribe": [f"{inbox(login.user)}.>", *hears]}
    return {"user": login.user, "password": login.password, "permissions": permissions}


def _import(export: Json) -> Json:
    kind = "service" if "service" in export else "stream"
    return {kind: {"account": "OMS", "subject": export[kind]}}


def _relay_says(ontologies: Sequence[str]) -> list[str]:
    logs = [log_stream(ontology) for ontology in ontologies]
    return [
        "$JS.API.INFO",
        WHO_AM_I,
        *(f"oms.evt.{ontology}.>" for ontology in ontologies),
        *(f"$JS.API.{ask}.{log}" for log in logs for ask in ("STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET")),
    ]


def _service_says(
    ontologies: Sequence[str], logs: Sequence[str], queues: Sequence[str], laters: Sequence[str]
) -> list[str]:
    streams = (*logs, *queues, *laters)
    asks = ("CREATE", "DURABLE.CREATE", "INFO", "MSG.NEXT", "DELETE", "NAMES", "LIST")
    return [
        "$JS.API.INFO",
        "_INBOX.>",  # replies inside the account
        "_R_.>",  # replies to clients, mapped by the server
        *(f"oms.{to}.{ontology}.>" for ontology in ontologies for to in ("outcome", "dead", "later", "out")),
        "$JS.API.STREAM.NAMES",
        *(f"oms.cmd.{ontology}.>" for ontology in ontologies),  # in the name of who showed a token of theirs
        *(f"$JS.API.{ask}.{log}" for log in logs for ask in ("STREAM.MSG.GET", "DIRECT.GET")),
        *(f"$JS.API.STREAM.INFO.{stream}" for stream in streams),
        *(f"$JS.API.CONSUMER.{ask}.{stream}" for stream in streams for ask in ("NAMES", "LIST")),
        *(f"$JS.API.CONSUMER.{ask}.{stream}.>" for stream in streams for ask in asks),
        *(f"$JS.API.STREAM.{ask}.{stream}" for stream in (*queues, *laters) for ask in ("MSG.GET", "PURGE")),
        *(f"$JS.API.CONSUMER.RESET.{stream}.>" for stream in (*queues, *laters)),
        *(f"$JS.ACK.{stream}.>" for stream in streams),
    ]


def _client_says(principal: str, logs: Sequence[str]) -> list[str]:
    return [
        WHO_AM_I,
        f"oms.cmd.*.{principal}.>",
        f"oms.queue.*.{principal}.>",
        *(f"$JS.API.{ask}.{log}" for log in logs for ask in ("STREAM.INFO", "DIRECT.GET")),
    ]


def _client_hears(principal: str) -> list[str]:
    return [f"oms.outcome.*.{principal}.>", "oms.evt.>", "oms.dead.>", "oms.out.>"]
