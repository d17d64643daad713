"""What each setting means, in which unit it is, and what it may be."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from events.names import BRANCH, ONTOLOGY

Value = str | int | float | Path | tuple[str, ...]

ROLES = ("server", "committer", "relay", "projectors", "queue", "embedding", "webhooks", "scheduler", "gateway")
LOG_LEVELS = ("debug", "info", "warning", "error")

_AUTHOR = re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}")
_PASSWORD = re.compile(r"(\w+://[^:/@\s]*:)(?:(?!,\w+://)\S)+@")  # up to the last @ of a URL, of several with commas
_POSTGRES_URL = re.compile(r"|postgres(ql)?://\S+")
_EMBEDDERS = re.compile(r"(openai|azure|cohere|huggingface|vertex|gemini|anthropic|local|ngrams)(:[^@\s]+)?(@\d+)?")
_TERMINUSDB_URL = re.compile(r"|https?://([^\s@/]*@)?[^\s@/]+/?")
_DATABASE = re.compile(r"|[A-Za-z0-9][\w-]{0,99}", re.ASCII)
_NET = re.compile(r"[0-9a-fA-F.:]+/\d{1,3}")
_ADDRESS = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9]\d{0,4}")
_PORT = re.compile(r"\d{1,5}")
_WAIT = re.compile(r"[1-9]\d{0,5}")
_DNS = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9][a-z0-9-]{0,62})*")
_URL = re.compile(r"|https?://[^\s/?#@]+(/[^\s?#]*)?")
_PROXY_URL = re.compile(r"|http://([^\s@/?#]*@)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[1-9]\d{0,4}/?")
_ORIGIN = re.compile(r"\*|[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:\d{1,5})?")
_SITE = re.compile(r"\*|https?://[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:\d{1,5})?")
_MAIL = re.compile(r"|[^\s@<>,]+@[^\s@<>,]+")
_MAILS = re.compile(r"\*|[^\s@<>,]+@[^\s@<>,]+")
_NATS_URL = re.compile(r"|(nats|tls|ws|wss)://\S+")


class SettingRefused(Exception):
    """A setting that cannot be used: which, where it was said, and what is wrong with it."""

    def __init__(self, name: str, source: str, reason: str) -> None:
        self.name, self.source, self.reason = name, source, reason
        what = "settings" if name == "*" else f"setting {name!r}"
        super().__init__(f"{what} from {source}: {reason}" if source else f"{what}: {reason}")


class About(NamedTuple):
    """`low` … `high` bound a number; a text is a full match of `shape` or one of `choices` (a list: each of its parts)."""

    meaning: str
    unit: str = ""
    shape: re.Pattern[str] | None = None
    like: str = ""  # a text of that shape
    choices: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")


ABOUT: Mapping[str, About] = {
    "folder": About("where everything is kept: outbox, log, views, credentials"),
    "keys": About("folder of the data keys, best on a disk that no backup takes; empty: `keys` in the data folder"),
    "secrets_key": About(
        "file of the key (32 bytes) that secrets of webhooks are encrypted with, best on another disk than they; made when it is not "
        "there; empty: `secrets.key` beside the data keys"
    ),
    "ontology": About("which ontology: one log, one outbox", shape=ONTOLOGY, like="main"),
    "branch": About(
        "the branch meant where none is named; the default branch of a new ontology",
        shape=BRANCH,
        like="<env>/<service>/<purpose>, such as dev/flights/gates; env is dev, stg, prod or another short word",
    ),
    "author": About(
        "who commands are from where none is named", shape=_AUTHOR, like="<user>@<service>, such as ana@desk"
    ),
    "roles": About("which parts `oms up` runs in this process", choices=ROLES),
    "bind": About("address that servers listen on; beyond loopback only with authentication"),
    "nats_url": About(
        "an outside NATS server, as nats://host:port or tls://host:port; empty: the embedded one",
        shape=_NATS_URL,
        like="nats://127.0.0.1:4222",
    ),
    "nats_port": About("port of the embedded server; 0: one that is free", low=0, high=65_535),
    "nats_credentials": About("file with users and passwords of the NATS server; empty: the one in the folder"),
    "nats_logs": About(
        "files in which outside NATS servers on this machine log: who is denied something there comes into the audit"
    ),
    "nats_replicas": About(
        "on how many servers of an outside cluster the log and the queue are kept: 3 survive the loss of one",
        low=1,
        high=5,
    ),
    "postgres_url": About(
        "a PostgreSQL database for the write side and the views; empty: SQLite files in the folder",
        shape=_POSTGRES_URL,
        like="postgresql://user:password@host:5432/database",
    ),
    "terminusdb_url": About(
        "a TerminusDB server that keeps the ontology as a graph, too; empty: there is no graph",
        shape=_TERMINUSDB_URL,
        like="http://admin:password@127.0.0.1:6363",
    ),
    "terminusdb_database": About(
        "how the names of its databases begin, `_<build>` follows; empty: `oms_<ontology>`",
        shape=_DATABASE,
        like="oms_main",
    ),
    "terminusdb_client": About(
        "what speaks to it: OMS itself, or the client that TerminusDB publishes (`pip install oms[terminusdb]`)",
        choices=("ours", "official"),
    ),
    "signing_key": About(
        "file (PEM, Ed25519) of the private key that one's commands are signed with; empty: they are not signed"
    ),
    "signers": About("file (TOML) of the public keys of principals who sign their commands; empty: nobody does"),
    "log_level": About("what is worth a line on standard error", choices=LOG_LEVELS),
    "deadline": About("how long a client waits for an outcome, all its tries together", "s", low=0.1, high=86_400),
    "remember": About("how long a repeated command is answered from memory", "days", low=0.01, high=3_650),
    "upload_bytes": About(
        "how much of large values one principal may have waiting for the commands that will name it",
        "bytes",
        low=1_000_000,
        high=10**12,
    ),
    "upload_hours": About("how long it waits; then it is thrown away", "hours", low=0.01, high=8_760),
    "outbox_rows": About(
        "how many rows the outbox keeps; once an hour the others leave it for segments in `archive`; 0: all stay",
        high=10**12,
    ),
    "versions_days": About(
        "after how many days versions that others put an end to leave their tables for Parquet, once an hour; 0: all stay",
        "days",
        low=0,
        high=36_500,
    ),
    "snapshot_every": About(
        "behind how many events a replay keeps a snapshot of all states in `snapshots`, to go on from; 0: never",
        high=10**12,
    ),
    "audit_days": About(
        "how long the audit keeps rows; once an hour older ones leave it for segments in `archive`, of PostgreSQL "
        "whole months; 0: all stay",
        "days",
        low=0,
        high=36_500,
    ),
    "events_file": About("file to which every committed event is appended, one a line, by the projectors; empty: none"),
    "metrics_file": About(
        "file for the figures of this process, by the projectors: `.prom` = Prometheus text, else OpenTelemetry's JSON, "
        "a line each time; empty: none"
    ),
    "metrics_every": About("how often figures are written", "s", low=0.1, high=86_400),
    "webhook_nets": About(
        "private nets that webhooks may be sent into all the same", shape=_NET, like="10.1.0.0/16 or 127.0.0.0/8"
    ),
    "webhook_ports": About("ports that webhooks may be sent to", shape=_PORT, like="443"),
    "webhook_proxy": About(
        "proxy of HTTP (CONNECT) that webhooks go out through; user and password percent-encoded; empty: they go by themselves",
        shape=_PROXY_URL,
        like="http://user:password@proxy.example.com:3128",
    ),
    "webhook_brokers": About(
        "brokers of Kafka and RabbitMQ that webhooks may be sent to; no others are, since nobody guards their clients' sockets",
        shape=_ADDRESS,
        like="kafka.example.com:9093",
    ),
    "webhook_origin": About(
        "name by which endpoints know this OMS when they are asked for their consent",
        shape=_DNS,
        like="oms.example.com",
    ),
    "webhook_callback": About(
        "address at which endpoints may give their consent later, the token follows; empty: none is offered",
        shape=_URL,
        like="https://oms.example.com/webhooks/consent",
    ),
    "webhook_schedule": About(
        "how long webhooks wait before the second try, the third …, where a subscription names no schedule",
        "s",
        shape=_WAIT,
        like="300",
    ),
    "webhook_rate": About(
        "how many events webhooks send to all endpoints together, who share it equally; 0: as many as these take",
        "events a second",
        low=0,
        high=1_000_000,
    ),
    "webhook_days": About("how long each try of a delivery is remembered; 0: for ever", "days", high=36_500),
    "smtp_host": About("mail server for subscriptions to `mailto:`; empty: no mail is sent"),
    "smtp_port": About("its port", low=1, high=65_535),
    "smtp_tls": About(
        "how mail goes there: TLS after STARTTLS, TLS from the start, or plain", choices=("starttls", "tls", "no")
    ),
    "smtp_credentials": About("file of two lines, user and password of the mail server; empty: it asks for none"),
    "smtp_from": About("address that mail is from", shape=_MAIL, like="oms@example.com"),
    "smtp_to": About(
        "who may be written to: addresses, `*@example.com`, or `*`; nobody else is", shape=_MAILS, like="*@example.com"
    ),
    "http_certificate": About(
        "file (PEM) of the certificate, and of those between it and its authority, that gateway and scheduler speak TLS with; "
        "empty: they speak plain HTTP"
    ),
    "http_key": About("file (PEM, without a password) of its private key; both are read again when they change"),
    "schedule_days": About("how long each run of a schedule is remembered; 0: for ever", "days", low=0, high=36_500),
    "scheduler_port": About(
        "port at which schedules are seen and said over HTTP; 0: one that is free, which `oms up` says",
        low=0,
        high=65_535,
    ),
    "gateway_port": About(
        "port of the event gateway, which is HTTP; 0: one that is free, which `oms up` says", low=0, high=65_535
    ),
    "gateway_cors": About(
        "web sites whose pages may speak to the gateway from a browser; `*`: all, where everybody needs a token; empty: none",
        shape=_SITE,
        like="https://app.example.com",
    ),
    "gateway_origins": About(
        "who is told, asking as CloudEvents Web Hooks have it, that they may send events here; `*`: whoever asks",
        shape=_ORIGIN,
        like="events.example.com",
    ),
    "gateway_rate": About(
        "how many events each sender may send; 0: as many as they like", "events a minute", low=0, high=10**9
    ),
    "gateway_mappings": About("file (TOML or JSON) that says what events of others are here; empty: they are refused"),
    "max_clock_skew": About(
        "how far the clock may be behind the last commit before commands are refused", "s", high=86_400
    ),
    "embedding_providers": About(
        "who embeds texts, and who is asked when that fails, in order",
        shape=_EMBEDDERS,
        like="local, openai or openai:text-embedding-3-large@1024",
    ),
    "embedding_credentials": About("file (TOML) of keys and addresses of embedding providers, a table for each"),
    "embedding_templates": About("file (TOML) of what is embedded of each type's objects; empty: their texts"),
    "embedding_personal": About(
        "whether properties marked `mark` are embedded, too; encrypted ones never are", choices=("no", "yes")
    ),
    "group_limit": About(
        "how many commands one transaction of the write side may hold", "commands", low=1, high=10_000
    ),
}


def checked(name: str, value: Value, source: str) -> Value:
    """`value` itself. Raises `SettingRefused` where it is not what the setting may be."""
    rules = ABOUT[name]
    if isinstance(value, int | float) and not rules.low <= value <= rules.high:
        raise SettingRefused(name, source, f"{value:g} is not between {rules.low:g} and {rules.high:g}")
    for part in value if isinstance(value, tuple) else (value,):
        if rules.shape and not rules.shape.fullmatch(str(part)):
            raise SettingRefused(name, source, f"{without_password(str(part))!r} is not written like {rules.like}")
        if rules.choices and part not in rules.choices:
            raise SettingRefused(name, source, f"{part!r} is none of {', '.join(rules.choices)}")
    return value


def without_password(text: str) -> str:
    """As it may be shown: of a URL, who and where."""
    return _PASSWORD.sub(r"\1…@", text)
