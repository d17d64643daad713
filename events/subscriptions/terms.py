"""What a subscription says, in the words of the CloudEvents Subscriptions API: a sink, a protocol, types and filters.

Beside them, of OMS alone: `branches`, `objectTypes` and what `config` holds. Names of types are stored as RIDs and slugs,
which no renaming changes. No secret stands in them: only the id of one in the key store.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from events.decider import Payload
from events.names import Rid

Protocol = Literal[
    "HTTP", "NATS", "FILE", "MAIL", "SQS", "S3", "KINESIS", "EVENTBRIDGE", "PUBSUB", "SERVICEBUS", "RABBITMQ", "KAFKA"
]  # fmt: skip
Mode = Literal["structured", "binary", "batch"]


Wait = Annotated[int, Field(ge=1, le=7 * 86_400)]


class Transform(Payload):
    """What is sent in an event's place; what is stored stays."""

    expression: Annotated[str, Field(min_length=1, max_length=2_000, description="JMESPath")]
    of: Annotated[
        Literal["data", "event"],
        Field(description="what it looks at: `data`, whose place its answer takes; `event`: its answer is the body"),
    ] = "data"


class BatchLimits(Payload):
    """How much goes into one request of mode `batch`."""

    events: Annotated[int, Field(ge=1, le=500, description="events at most")] = 100
    bytes: Annotated[int, Field(ge=1_000, le=1_000_000, description="of them together; a larger one goes alone")] = (
        256_000
    )
    milliseconds: Annotated[
        int, Field(ge=0, le=60_000, description="it waits for more; 0 = takes what has come meanwhile")
    ] = 0


class Breaker(Payload):
    """When an endpoint that fails too often is left alone, and asked with one event at a time whether it is well."""

    percent: Annotated[int, Field(ge=1, le=100, description="of tries that failed")] = 70
    tries: Annotated[int, Field(ge=1, le=1_000, description="at least, within the time")] = 10
    seconds: Annotated[int, Field(ge=1, le=3_600, description="that are looked back")] = 300
    rest: Annotated[int, Field(ge=1, le=3_600, description="seconds until it is asked again")] = 30


class Retries(Payload):
    """When events of some types are tried again, where that is not as for all others."""

    types: Annotated[
        list[str],
        Field(min_length=1, max_length=200, description="CloudEvents types; `io.oms.object.*` = all of an aggregate"),
    ]
    schedule: Annotated[list[Wait], Field(max_length=30, description="as `schedule`; `[]` = one try")]


class Config(Payload):
    """How events are carried out."""

    mode: Annotated[
        Mode, Field(description="of a CloudEvent; `structured` is signed as a whole, `batch` several at once")
    ] = "structured"
    ordered: Annotated[bool, Field(description="one after the other, in the log's order, however long one takes")] = (
        False
    )
    signing: Annotated[
        Literal["v1", "v1a"], Field(description="Standard Webhooks: `v1` HMAC-SHA256, `v1a` Ed25519")
    ] = "v1"
    timeout: Annotated[int, Field(ge=1, le=30, description="seconds an answer may take")] = 20
    rate: Annotated[int | None, Field(ge=1, le=10_000, description="events a second at most; absent = no limit")] = None
    concurrency: Annotated[int, Field(ge=1, le=100, description="requests at a time")] = 10
    schedule: Annotated[
        list[Wait] | None,
        Field(
            max_length=30, description="seconds before the second try, the third …; `[]` = one try; absent = OMS's own"
        ),
    ] = None
    retries: Annotated[
        list[Retries] | None,
        Field(max_length=50, description="other schedules by type: the first that names an event's type counts"),
    ] = None
    delay: Annotated[
        int | None, Field(ge=1, le=30 * 86_400, description="seconds after its time at which an event is sent at first")
    ] = None
    deliverat: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2_000,
            description="JMESPath over the whole event: the instant at which it is sent at first",
        ),
    ] = None
    breaker: Annotated[Breaker | None, Field(description="absent = an endpoint is away when nobody answers")] = None
    transform: Transform | None = None
    batch: BatchLimits | None = None
    handshake: Annotated[
        bool | None, Field(description="ask the endpoint by OPTIONS for its consent, and send nothing before; HTTP")
    ] = None


class ProtocolSettings(Payload):
    """Of HTTP; headers are seen by whoever reads the log: no secrets."""

    headers: Annotated[dict[str, str] | None, Field(description="sent with each request")] = None
    eventheaders: Annotated[
        dict[str, str] | None,
        Field(description="headers whose values JMESPath makes of the whole event; what comes to `null` is not sent"),
    ] = None
    contenttype: Annotated[
        str | None, Field(max_length=200, description="in place of the `Content-Type` that the body would have")
    ] = None
    method: Annotated[Literal["POST", "PUT", "PATCH"], Field(description="HTTP method")] = "POST"


SecretId = Annotated[
    str,
    Field(
        pattern=r"^whs-[0-9a-f]{32}$",
        description="id of a secret in the key store, never the secret itself",
        examples=[f"whs-{'0' * 32}"],
    ),
]


class Plain(Payload):
    """A user and a password: `Authorization: Basic` (RFC 7617); what takes their place where the protocol is another."""

    credentialtype: Literal["PLAIN"]
    identifier: Annotated[str, Field(min_length=1, max_length=200, description="the user")]
    secret: SecretId
    sessiontoken: Annotated[
        SecretId | None, Field(description="of AWS, where the access key is a temporary one: its id")
    ] = None


class AccessToken(Payload):
    """A token that stays: `Authorization: Bearer` (RFC 6750)."""

    credentialtype: Literal["ACCESSTOKEN"]
    accesstoken: SecretId


class ClientCredentials(Payload):
    """Tokens of a server that gives them out: OAuth 2.0, grant `client_credentials` (RFC 6749, 4.4)."""

    credentialtype: Literal["CLIENTCREDENTIALS"]
    tokenurl: Annotated[str, Field(min_length=1, max_length=2_000, description="`https://…`, asked for tokens")]
    identifier: Annotated[str, Field(min_length=1, max_length=200, description="the client's id")]
    secret: SecretId
    scope: Annotated[str | None, Field(min_length=1, max_length=1_000, description="parted by blanks")] = None
    audience: Annotated[str | None, Field(min_length=1, max_length=1_000, description="whom the token is for")] = None
    authentication: Annotated[
        Literal["client_secret_basic", "client_secret_post", "private_key_jwt"],
        Field(description="where id and secret are sent; `private_key_jwt`: the secret is a key that signs for us"),
    ] = "client_secret_basic"
    keyid: Annotated[
        str | None, Field(min_length=1, max_length=200, description="`kid` of the key of `private_key_jwt`")
    ] = None


class Tls(Payload):
    """Beside what TLS is anyway. Secrets are PEM."""

    identity: Annotated[
        SecretId | None, Field(description="certificate and private key that are shown: mutual TLS")
    ] = None
    authority: Annotated[SecretId | None, Field(description="certificates that are trusted beside the public ones")] = (
        None
    )


Credential = Annotated[
    Plain | AccessToken | ClientCredentials,
    # AsyncAPI 3.0 has a word `discriminator` of its own, which is another
    Field(discriminator="credentialtype", json_schema_extra=lambda schema: schema.pop("discriminator", None)),
]
SecretHeaders = Annotated[
    dict[str, SecretId], Field(description="headers sent with each request, whose values are secrets")
]


class SelectedType(Payload):
    rid: Rid
    slug: str


Sink = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2_000,
        description="HTTP: `https://…`; NATS: `nats:<subject>` of the log's server; FILE: `file:<name>` in `webhooks`; "
        "MAIL: `mailto:<address>`, several with commas; "
        "others: `<scheme>://<host>/<name there>`, as docs/webhooks.md has them",
    ),
]
Types = Annotated[
    list[str],
    Field(max_length=200, description="CloudEvents types; `io.oms.object.*` = all of an aggregate; absent = all"),
]
Filters = Annotated[
    list[dict[str, Any]], Field(description="all must pass; dialects exact, prefix, suffix, all, any, not, sql")
]
Branches = Annotated[
    list[str],
    Field(max_length=100, description="branches; `*` for a whole part: `prod/*/main`; absent = all of them"),
]
ObjectTypes = Annotated[
    list[str],
    Field(max_length=100, description="types, and those below them: API name, slug or RID; absent = all events"),
]
Source = Annotated[
    str, Field(min_length=1, max_length=500, description="the events' `source`, e.g. `/oms/main/prod/flights`")
]
Description = Annotated[str, Field(max_length=2_000, description="what it is for, and who to ask")]


class Terms(Payload):
    """As they are stored: all of them, whenever one changes."""

    sink: str
    protocol: Protocol
    types: list[str] | None = None
    source: str | None = None
    filters: list[dict[str, Any]] | None = None
    branches: list[str] | None = None
    object_types: Annotated[list[SelectedType] | None, Field(alias="objectTypes")] = None
    config: Config
    protocolsettings: ProtocolSettings | None = None
    sinkcredential: Credential | None = None
    secretheaders: SecretHeaders | None = None
    tls: Tls | None = None
    description: str | None = None
