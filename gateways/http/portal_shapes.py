"""What the portal says, as JSON: for who owns an endpoint, so nothing of the network of OMS, and no id of a secret."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from events.decider import State
from events.subscriptions.letters import Try
from events.subscriptions.outgoing import SENTENCES, UNREACHABLE, Answered, Failed, told, told_address
from events.wire.instants import to_text
from gateways.http.portal_ports import Tested

_MEMBERS: Final = (
    *("name", "status", "reason", "description", "protocol", "sink", "types", "source", "branches", "filters"),
    *("config", "protocolsettings"),
)


class Window(BaseModel):
    delivered: int
    failed: int
    share: float | None = Field(description="of tries that delivered; null: there was none")
    rate: float = Field(description="tries a second")
    p50: float | None = Field(description="ms, at most a fifth too high; so are p95 and p99")
    p95: float | None
    p99: float | None
    kinds: dict[str, int] = Field(description="tries by how they ended")


class Figures(BaseModel):
    position: int = Field(description="everything up to there is settled")
    lag: int | None = Field(description="events of the log behind that")
    again: int = Field(description="events that failed and come again")
    left: int = Field(description="events that failed and do not")
    oldest: float | None = Field(description="seconds that the oldest of what is not settled waits")
    deferred: int = Field(description="events whose time is to come")
    breaker: str | None = Field(description="closed, open or half-open; null: none is set")
    away: bool = Field(description="nobody answers there; one event at a time asks")
    left_alone: float = Field(alias="leftAlone", description="seconds for which nothing is sent there")
    windows: dict[str, Window] = Field(description="`1h`, `24h`, `7d`")


class Endpoint(BaseModel):
    """A subscription; terms as in docs/webhooks.md."""

    name: str
    status: str = Field(description="active, paused, disabled, or unconsented")
    reason: str | None
    description: str | None
    protocol: str
    sink: str
    types: list[str] | None
    source: str | None
    branches: list[str] | None
    object_types: list[str] | None = Field(alias="objectTypes")
    filters: list[dict[str, Any]] | None
    config: dict[str, Any]
    protocolsettings: dict[str, Any] | None
    signed: bool
    figures: Figures | None = Field(description="null: nothing was ever carried out")

    model_config = ConfigDict(populate_by_name=True)


class Endpoints(BaseModel):
    endpoints: list[Endpoint]


class TryShown(BaseModel):
    number: int
    position: int
    event: str = Field(description="its id")
    attempt: int
    trigger: str
    time: str
    ms: float
    kind: str = Field(description="`delivered`, `status_<code>`, or a kind of failure")
    sentence: str
    status: int | None
    address: str | None = Field(
        description="public IP address that the sink's name led to; null: none was connected to, or it is not public"
    )
    next: str | None = Field(description="when it comes again; null: it does not")
    request: dict[str, str] = Field(description="headers; `***` where one is a secret")
    response: dict[str, str]
    answer: str = Field(description="the body, as much as is kept")
    body: str | None = Field(None, description="what would be sent for the event now; only where one try is asked for")


class Tries(BaseModel):
    tries: list[TryShown] = Field(description="the last first")
    before: int | None = Field(description="to be asked for next; null: there are no more")


class TestShown(BaseModel):
    event: str
    ms: float
    kind: str
    sentence: str
    status: int | None
    address: str | None = Field(description="as of tries")
    request: dict[str, str]
    answer: str


class Rotated(BaseModel):
    secret: str = Field(description="what deliveries are verified with from now on; shown once")
    position: int | None


class Why(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(None, min_length=1, max_length=2_000)


class Example(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: str | None = Field(None, max_length=200, description="CloudEvents type; absent: one that is selected")


class Recovery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: str = Field(max_length=100, description="instant; what failed for good from then on")
    until: str | None = Field(None, max_length=100, description="instant, itself excluded; absent: up to now")
    classes: list[Annotated[str, StringConstraints(max_length=100)]] | None = Field(
        None,
        min_length=1,
        max_length=50,
        description="kinds of failure, `timeout`, or classes of them, `status_5xx`; absent: all",
    )
    dry_run: bool = Field(False, alias="dryRun", description="only say how many")


class Recovered(BaseModel):
    events: int = Field(description="that failed for good in that time")
    sent: bool


class Rotation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap: int = Field(86_400, ge=0, le=604_800, description="seconds that the secret before is used, too")


def endpoint(state: State, types: list[str] | None, figures: Mapping[str, Any] | None) -> Endpoint:
    """`types`: names of the object types that it selects."""
    said = {name: state.get(name) for name in _MEMBERS} | {"objectTypes": types, "signed": bool(state["secrets"])}
    if figures is not None:
        said |= {"status": figures["status"], "figures": Figures.model_validate(figures)}
    return Endpoint.model_validate({"figures": None} | said)


def try_shown(number: int, tried: Try, body: bytes | None = None) -> TryShown:
    return TryShown(
        number=number, position=tried.position, event=tried.event, attempt=tried.attempt, trigger=tried.trigger,
        time=to_text(tried.time), ms=round(tried.taken / 1e3, 1), kind=told(tried.kind), sentence=_sentence(tried.kind),
        status=tried.status, address=told_address(tried.kind, tried.address),
        next=None if tried.next is None else to_text(tried.next), request=dict(tried.request),
        response=dict(tried.response), answer=tried.answer.decode(errors="replace"),
        body=None if body is None else body.decode(errors="replace"),
    )  # fmt: skip


def test_shown(tested: Tested) -> TestShown:
    ended, status, answer = tested.ended, None, ""
    if isinstance(ended, Answered):
        status, answer = ended.status, ended.body.decode(errors="replace")
    kind = ended.kind if isinstance(ended, Failed) else "delivered" if 200 <= ended.status < 300 else f"status_{status}"
    return TestShown(
        event=tested.event, ms=round(ended.seconds * 1e3, 1), kind=told(kind), sentence=_sentence(kind), status=status,
        address=told_address(kind, ended.address), request=dict(tested.headers), answer=answer,
    )  # fmt: skip


def _sentence(kind: str) -> str:
    if told(kind) == UNREACHABLE:
        return SENTENCES["network_unreachable"]
    return SENTENCES.get(kind, "it arrived" if kind == "delivered" else "it was answered, but not as taken")
