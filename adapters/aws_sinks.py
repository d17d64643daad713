"""Events put into queues, buckets, streams and buses of AWS: one request of HTTP each, signed and guarded.

SQS          a message; in a queue .fifo with a group, and an id by which what comes twice is left out
S3           an object, named by position and event: what comes twice is written over itself
KINESIS      a record; those of one order are in one shard
EVENTBRIDGE  an entry; its detail is the event
"""

import base64
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from events.subscriptions.outgoing import About, Answered, Failed, Login, Outgoing, Request
from events.subscriptions.places import Place, name_there, place
from events.subscriptions.terms import Protocol
from events.wire.envelope import SEQUENCE_DIGITS
from events.wire.instants import from_text
from security.aws_signature import Key, aws_signed

Clock = Callable[[], int]
"""µs since the epoch."""
_SLOWER: Final = ("Throttl", "Throughput", "LimitExceeded", "SlowDown", "KMSThrottling")
_LONGEST_ORDER: Final = 128  # characters, of the printable ASCII that SQS takes


class _Call(NamedTuple):
    service: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


def aws_sink(protocol: Protocol, http: Outgoing, now: Clock) -> Outgoing:
    written = _WRITTEN[protocol]

    async def send(request: Request) -> Answered | Failed:
        assert request.login is not None, "nobody is let in without a key"
        assert request.about is not None, "it is not HTTP that asks"
        found = place(request.url)
        call = written(found, request, request.about)
        return _answered(await http(_signed(found, call, request, request.login, now() // 1_000_000)))

    return send


def _signed(found: Place, call: _Call, request: Request, login: Login, timestamp: int) -> Request:
    key = Key(login.user, login.password, found.region, call.service, login.session)
    headers = {"host": found.url.partition("://")[2], **call.headers}
    signed = aws_signed(key, call.method, call.path, headers, call.body, timestamp)
    return Request(found.url + call.path, signed, call.body, request.timeout, call.method, request.tls)


def _sqs(found: Place, request: Request, about: About) -> _Call:
    said: dict[str, Any] = {"QueueUrl": found.url + found.path, "MessageBody": request.body.decode()}
    said["MessageAttributes"] = {
        name.lower(): {"DataType": "String", "StringValue": value} for name, value in request.headers.items() if value
    }
    if found.path.endswith(".fifo"):
        said |= {"MessageGroupId": _order(about), "MessageDeduplicationId": about.id}
    return _json("sqs", "AmazonSQS.SendMessage", "1.0", said)


def _s3(found: Place, request: Request, about: About) -> _Call:
    path = f"{found.path.rstrip('/')}/{about.position:0{SEQUENCE_DIGITS}}-{about.id}.json"
    return _Call("s3", path, {"content-type": _type(request)}, request.body, "PUT")


def _kinesis(found: Place, request: Request, about: About) -> _Call:
    data = base64.b64encode(request.body).decode()
    said = {"StreamName": name_there(found), "Data": data, "PartitionKey": _order(about)}
    return _json("kinesis", "Kinesis_20131202.PutRecord", "1.1", said)


def _eventbridge(found: Place, request: Request, about: About) -> _Call:
    entry = {
        "EventBusName": name_there(found), "Source": about.source, "DetailType": about.type,
        "Detail": request.body.decode(), "Time": from_text(about.time) / 1e6,
    }  # fmt: skip
    return _json("events", "AWSEvents.PutEvents", "1.1", {"Entries": [entry]})


_WRITTEN: Final[Mapping[Protocol, Callable[[Place, Request, About], _Call]]] = {
    "SQS": _sqs,
    "S3": _s3,
    "KINESIS": _kinesis,
    "EVENTBRIDGE": _eventbridge,
}
AWS: Final = tuple(_WRITTEN)


def _json(service: str, target: str, version: str, said: Mapping[str, Any]) -> _Call:
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
    return _Call(service, "/", headers, json.dumps(said, ensure_ascii=False).encode())


def _answered(ended: Answered | Failed) -> Answered | Failed:
    """Two things that AWS says in bodies become statuses: that it is too much, and that an entry was not taken."""
    fault = "" if isinstance(ended, Failed) else _fault(ended)
    if isinstance(ended, Failed) or not fault:
        return ended
    if any(each in fault for each in _SLOWER):
        return ended._replace(status=429)
    return ended._replace(status=500 if "Internal" in fault else 400)


def _fault(ended: Answered) -> str:
    """What went wrong, where the body says that and the status does not."""
    try:
        said = json.loads(ended.body) if ended.status in (200, 400) else {}
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    if ended.status == 400:
        return str(said.get("__type", ""))
    return str(said.get("Entries")) if said.get("FailedEntryCount") else ""


def _order(about: About) -> str:
    """What is no printable ASCII, or too long, by its digest."""
    order = about.order
    if order and len(order) <= _LONGEST_ORDER and order.isascii() and order.isprintable() and " " not in order:
        return order
    return sha256(order.encode()).hexdigest()


def _type(request: Request) -> str:
    return next(value for name, value in request.headers.items() if name.lower() == "content-type")
