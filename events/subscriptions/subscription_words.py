"""What is said to subscriptions, and what happened to them."""

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import Field

from events.decider import Payload
from events.names import Key, Rid
from events.subscriptions.terms import (
    Branches,
    Config,
    Credential,
    Description,
    Filters,
    ObjectTypes,
    Protocol,
    ProtocolSettings,
    SecretHeaders,
    SecretId,
    Sink,
    Source,
    Terms,
    Tls,
    Types,
)

MAX_OVERLAP: Final = 7 * 86_400  # seconds
Name = Annotated[str, Field(alias="subscription", description="the subscription's name")]
Reason = Annotated[str, Field(min_length=1, max_length=2_000, description="why")]


Percent = Annotated[int, Field(ge=0, le=100, description="of the time and the tries after which it is disabled")]
Since = Annotated[str, Field(description="instant since which nothing was delivered")]
Attempts = Annotated[int, Field(ge=1, description="tries that failed since then")]
Exhausted = Annotated[int, Field(ge=1, description="how many events")]
First = Annotated[int, Field(ge=1, description="the lowest position among them")]
Last = Annotated[int, Field(ge=1, description="the highest position among them")]
Result = Annotated[str, Field(max_length=100, description="how the last one ended: `timeout`, `status_503` …")]


class RegisterSubscription(Payload):
    """Carry events out from now on, wherever they happen, to a sink. Everything is checked now, filters too."""

    name: Annotated[str, Field(description="a letter or digit, then also `.`, `_` and `-`, at most 100; never changes")]
    sink: Sink
    protocol: Annotated[Protocol, Field(description="how it is spoken to")] = "HTTP"
    types: Types | None = None
    source: Source | None = None
    filters: Filters | None = None
    branches: Branches | None = None
    object_types: Annotated[ObjectTypes | None, Field(alias="objectTypes")] = None
    config: Config | None = None
    protocolsettings: ProtocolSettings | None = None
    sinkcredential: Credential | None = None
    secretheaders: SecretHeaders | None = None
    tls: Tls | None = None
    description: Description | None = None
    secret: SecretId | None = None
    paused: Annotated[
        bool, Field(description="carried out once it is resumed; what happens until then is carried out as well")
    ] = False


class UpdateSubscription(Payload):
    """Say it otherwise, for events from now on; what is not given stays, `null` takes it away."""

    name: Name
    sink: Sink | None = None
    protocol: Protocol | None = None
    types: Types | None = None
    source: Source | None = None
    filters: Filters | None = None
    branches: Branches | None = None
    object_types: Annotated[ObjectTypes | None, Field(alias="objectTypes")] = None
    config: Config | None = None
    protocolsettings: ProtocolSettings | None = None
    sinkcredential: Credential | None = None
    secretheaders: Annotated[
        dict[str, SecretId | None] | None,
        Field(description="these headers; others stay, `null` takes one away"),
    ] = None
    tls: Annotated[Tls | None, Field(description="what is not given of it stays, `null` takes it away")] = None
    description: Description | None = None


class RotateSubscriptionSecret(Payload):
    """Sign with another secret; for a while with the ones before, too."""

    name: Name
    secret: SecretId
    overlap: Annotated[int, Field(ge=0, le=MAX_OVERLAP, description="seconds the secrets before it are used, too")] = (
        86_400
    )


class PauseSubscription(Payload):
    """Carry nothing out until it is resumed; what happens meanwhile is carried out then."""

    name: Name
    reason: Reason | None = None


class ResumeSubscription(Payload):
    """Go on where it was paused or disabled."""

    name: Name


class DisableSubscription(Payload):
    """Carry nothing out: nobody answers there, or nobody wants it any more."""

    name: Name
    reason: Reason


class ReplaySubscription(Payload):
    """Carry out again what happened behind one position and up to another. The same once more needs another reason."""

    name: Name
    after: Annotated[int, Field(ge=0, description="position; what came behind it is carried out again")]
    until: Annotated[int | None, Field(ge=1, description="position, itself included; absent = the log's end")] = None
    reason: Reason | None = None
    rate: Annotated[int | None, Field(ge=1, le=10_000, description="events a second at most; absent = no limit")] = None
    missing: Annotated[
        bool,
        Field(description="only what never arrived and does not come again by itself, as far as tries are remembered"),
    ] = False


class ExpungeSubscriptionTries(Payload):
    """Take out of tries what was sent and what was answered. That there were tries, and how they ended, stays."""

    name: Name
    before: Annotated[str, Field(description="instant; tries that began before it")]
    reason: Reason
    position: Annotated[int | None, Field(ge=1, description="those of the event there alone; absent = of all")] = None


class ReportSubscriptionFailing(Payload):
    """Say that nothing is delivered any more: who carries events out says so, at 50, 70, 90 and 100 per cent."""

    name: Name
    percent: Percent
    since: Since
    attempts: Attempts


class ReportSubscriptionRecovered(Payload):
    """Say that something is delivered again, where a failing was reported before."""

    name: Name
    since: Since
    attempts: Attempts


class ReportSubscriptionExhausted(Payload):
    """Say that events had their last try: so many, once a minute at most."""

    name: Name
    events: Exhausted
    first: First
    last: Last
    result: Result


class ReportSubscriptionEventsFailing(Payload):
    """Say that events were tried four times and did not arrive: so many, once a minute at most. They come again."""

    name: Name
    events: Exhausted
    first: First
    last: Last
    result: Result


class ReportSubscriptionEventsRecovered(Payload):
    """Say that events arrived which had been tried four times or more: so many, once a minute at most."""

    name: Name
    events: Exhausted
    first: First
    last: Last


class DeleteSubscription(Payload):
    """It is over. Its history stays; its name may be given again."""

    name: Name


class SubscriptionRegistered(Payload):
    """A subscription was registered: events that match its terms are delivered to its sink."""

    name: str
    id: Rid
    terms: Terms
    secret: str | None = None
    paused: bool | None = None


class SubscriptionUpdated(Payload):
    """A subscription was changed. All of its terms, as they are from now on."""

    name: str
    terms: Terms


class SubscriptionSecretRotated(Payload):
    """A subscription has a new signing secret; those before it are used, too, for a while."""

    name: str
    secret: str
    until: Annotated[str, Field(description="instant up to which the secrets before it are used, too")]


class SubscriptionPaused(Payload):
    """A subscription was paused: its events wait until it is resumed."""

    name: str
    reason: str | None = None


class SubscriptionResumed(Payload):
    """A paused or disabled subscription was resumed."""

    name: str


class SubscriptionDisabled(Payload):
    """A subscription was disabled: nothing is delivered to it until it is resumed."""

    name: str
    reason: str


class SubscriptionReplayed(Payload):
    """It was asked to deliver past events to a subscription again; `number` counts from 1."""

    name: str
    number: int
    after: int
    until: int
    reason: str | None = None
    rate: int | None = None
    missing: bool | None = None


class SubscriptionTriesExpunged(Payload):
    """It was asked to expunge what was sent to a subscription and answered, of tries that began before an instant."""

    name: str
    before: str
    reason: str
    position: int | None = None


class SubscriptionFailing(Payload):
    """Nothing was delivered to a subscription for `percent` of the time that it may fail before it is disabled."""

    name: str
    percent: Percent
    since: Since
    attempts: Attempts


class SubscriptionRecovered(Payload):
    """Something was delivered again to a subscription that was reported as failing."""

    name: str
    since: Since
    attempts: Attempts


class SubscriptionExhausted(Payload):
    """Events were tried for the last time and did not reach the sink of a subscription."""

    name: str
    events: Exhausted
    first: First
    last: Last
    result: Result


class SubscriptionEventsFailing(Payload):
    """Events did not reach the sink of a subscription in four tries; they are tried again."""

    name: str
    events: Exhausted
    first: First
    last: Last
    result: Result


class SubscriptionEventsRecovered(Payload):
    """Events reached the sink of a subscription that had not in four tries or more."""

    name: str
    events: Exhausted
    first: First
    last: Last


class SubscriptionDeleted(Payload):
    """A subscription was deleted."""

    name: str


Command = (
    RegisterSubscription
    | UpdateSubscription
    | RotateSubscriptionSecret
    | PauseSubscription
    | ResumeSubscription
    | DisableSubscription
    | ReplaySubscription
    | ExpungeSubscriptionTries
    | ReportSubscriptionFailing
    | ReportSubscriptionRecovered
    | ReportSubscriptionExhausted
    | ReportSubscriptionEventsFailing
    | ReportSubscriptionEventsRecovered
    | DeleteSubscription
)
COMMANDS: Final[tuple[type[Payload], ...]] = get_args(Command)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.subscription.registered.v1": SubscriptionRegistered,
    "io.oms.subscription.updated.v1": SubscriptionUpdated,
    "io.oms.subscription.secretRotated.v1": SubscriptionSecretRotated,
    "io.oms.subscription.paused.v1": SubscriptionPaused,
    "io.oms.subscription.resumed.v1": SubscriptionResumed,
    "io.oms.subscription.disabled.v1": SubscriptionDisabled,
    "io.oms.subscription.replayed.v1": SubscriptionReplayed,
    "io.oms.subscription.triesExpunged.v1": SubscriptionTriesExpunged,
    "io.oms.subscription.deleted.v1": SubscriptionDeleted,
    "io.oms.subscription.failing.v1": SubscriptionFailing,
    "io.oms.subscription.recovered.v1": SubscriptionRecovered,
    "io.oms.subscription.exhausted.v1": SubscriptionExhausted,
    "io.oms.subscription.eventsFailing.v1": SubscriptionEventsFailing,
    "io.oms.subscription.eventsRecovered.v1": SubscriptionEventsRecovered,
}
REPORTS: Final = frozenset(
    f"io.oms.subscription.{each}.v1"
    for each in ("failing", "recovered", "exhausted", "eventsFailing", "eventsRecovered")
)
"""What is told about an endpoint, not by who owns it: carried out to those alone who ask for these types."""

ReportEvent = (
    SubscriptionFailing
    | SubscriptionRecovered
    | SubscriptionExhausted
    | SubscriptionEventsFailing
    | SubscriptionEventsRecovered
)
OfEvents = ReportSubscriptionExhausted | ReportSubscriptionEventsFailing | ReportSubscriptionEventsRecovered
Report = ReportSubscriptionFailing | ReportSubscriptionRecovered | OfEvents


def subscription_key(name: str) -> Key:
    return Key(f"subscription/{name}")
