"""What queues, topics, buckets and streams are asked over HTTP, and what their answers mean; a server that plays all of them."""

import base64
import hmac
import json
from contextlib import asynccontextmanager
from hashlib import sha256
from urllib.parse import parse_qs, unquote

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.aws_sinks import aws_sink
from adapters.guarded_http import Guard, GuardedHttp
from adapters.pubsub_sink import pubsub_sink
from adapters.servicebus_sink import servicebus_sink
from events.subscriptions.masking import MASK
from events.subscriptions.outgoing import About, Answered, Failed, Login, Request
from security.aws_signature import Key, aws_signed
from tests.receiver import serving

NOW = 1_790_000_000_000_000  # µs
BODY = '{"specversion":"1.0","data":{"이름":"인천"}}'.encode()
ABOUT = About(
    "msg_1", "object/Gate/탑승구", 14, "io.oms.object.created.v1", "/oms/main/prod", "2026-01-31T12:00:00.000001Z"
)
REGION = "?region=eu-central-1"
ORDER = sha256(ABOUT.order.encode()).hexdigest()
RSA = generate_private_key(65_537, 2_048)
SERVICE_ACCOUNT = json.dumps(
    {
        "client_email": "oms@airport.iam.gserviceaccount.com",
        "private_key_id": "key-1",
        "private_key": RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
)


class Server:
    """Remembers what it is asked; answers as it is told, and with the headers that it was shown."""

    def __init__(self):
        self.asked, self.status, self.said, self.port = [], 200, b"{}", 0

    async def handle(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append((request.method, request.raw_path, headers, await request.read()))
        return web.Response(status=self.status, body=self.said or json.dumps(dict(request.headers)).encode())


@pytest.fixture
async def server():
    server = Server()
    async with serving(web.route("*", "/{path:.*}", server.handle)) as server.port:
        yield server


@asynccontextmanager
async def putting(server, nets=("127.0.0.0/8",)):
    http = GuardedHttp(Guard(nets, [server.port]), "oms-tests")
    logins = {"PUBSUB": Login("oms@airport", SERVICE_ACCOUNT), "SERVICEBUS": Login("send", "7yy+/=key")}

    async def put(protocol, path, order=ABOUT.order, now=NOW, login=None):
        way = {"PUBSUB": pubsub_sink, "SERVICEBUS": servicebus_sink}.get(protocol)
        sink = aws_sink(protocol, http, lambda: now) if way is None else way(http, lambda: now)
        url = f"{protocol.lower()}://127.0.0.1:{server.port}{path}"
        headers = {"Content-Type": "application/cloudevents+json", "oms-test": "true"}
        login = login or logins.get(protocol) or Login("AKIA1", "s3cr3t/+")
        return await sink(Request(url, headers, BODY, 10.0, login=login, about=ABOUT._replace(order=order)))

    try:
        yield put
    finally:
        await http.close()


async def asked(server, protocol, path, **more):
    async with putting(server) as put:
        assert isinstance(await put(protocol, path, **more), Answered)
    return server.asked[-1]


@pytest.mark.parametrize(
    ("protocol", "path", "service", "target", "said"),
    [
        ("SQS", "/123456789012/gates", "sqs", "AmazonSQS.SendMessage", {"MessageBody": BODY.decode()}),
        (
            "SQS", "/123456789012/gates.fifo", "sqs", "AmazonSQS.SendMessage",
            {"MessageGroupId": ORDER, "MessageDeduplicationId": "msg_1"},
        ),
        (
            "KINESIS", "/gates", "kinesis", "Kinesis_20131202.PutRecord",
            {"StreamName": "gates", "PartitionKey": ORDER, "Data": base64.b64encode(BODY).decode()},
        ),
        (
            "EVENTBRIDGE", "/gates", "events", "AWSEvents.PutEvents",
            {"Entries": [{
                "EventBusName": "gates", "Source": "/oms/main/prod", "DetailType": "io.oms.object.created.v1",
                "Detail": BODY.decode(), "Time": 1_769_860_800.000001,
            }]},
        ),
    ],
)  # fmt: skip
async def test_aws_is_asked_with_a_signature_over_all_of_it(server, protocol, path, service, target, said):
    method, where, told, body = await asked(server, protocol, path + REGION)
    names = told["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    signed = {name: told[name] for name in names if name not in ("x-amz-date", "x-amz-content-sha256")}
    key = Key("AKIA1", "s3cr3t/+", "eu-central-1", service)
    again = aws_signed(key, method, where, signed, body, NOW // 1_000_000)
    assert (method, where, again["authorization"]) == ("POST", "/", told["authorization"])
    assert {"host", "x-amz-target", "content-type"} <= set(names)
    assert told["x-amz-target"] == target
    assert {name: json.loads(body)[name] for name in said} == said


async def test_what_reads_plainly_is_its_own_group(server):
    body = (await asked(server, "SQS", f"/123456789012/gates.fifo{REGION}", order="object/Gate/A1"))[3]
    assert json.loads(body)["MessageGroupId"] == "object/Gate/A1"


async def test_an_object_is_named_by_position_and_event(server):
    method, path, headers, body = await asked(server, "S3", f"/gates/flights/{REGION}")
    assert (method, path, body) == ("PUT", "/gates/flights/00000000000000000014-msg_1.json", BODY)
    assert headers["content-type"] == "application/cloudevents+json"


async def test_a_topic_is_shown_a_token_that_only_pubsub_takes(server):
    method, path, headers, body = await asked(server, "PUBSUB", "/projects/airport/topics/gates")
    head, claims, signature = headers["authorization"].removeprefix("Bearer ").split(".")
    RSA.public_key().verify(decoded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    assert json.loads(decoded(head)) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    told = json.loads(decoded(claims))
    assert (told["iss"], told["sub"], told["aud"]) == (
        *["oms@airport.iam.gserviceaccount.com"] * 2,
        f"http://127.0.0.1:{server.port}/",
    )
    assert told["iat"] <= NOW / 1e6 < told["exp"] - 60 <= told["iat"] + 60
    assert (method, path) == ("POST", "/v1/projects/airport/topics/gates:publish")
    assert json.loads(body) == {
        "messages": [
            {
                "data": base64.b64encode(BODY).decode(),
                "attributes": {"content-type": "application/cloudevents+json", "oms-test": "true"},
                "orderingKey": "object/Gate/탑승구",
            }
        ]
    }


async def test_what_is_no_key_of_a_service_account_is_our_fault_and_is_not_shown(server):
    async with putting(server) as put:
        for text in ("geheim", "{}", json.dumps({**json.loads(SERVICE_ACCOUNT), "private_key": "geheim"})):
            failed = await put("PUBSUB", "/projects/airport/topics/gates", login=Login("oms", text))
            assert isinstance(failed, Failed)
            assert (failed.kind, "geheim" in failed.detail) == ("no_credential", False)
    assert server.asked == []


async def test_service_bus_is_shown_a_signature_for_one_queue_and_an_hour(server):
    method, path, headers, body = await asked(server, "SERVICEBUS", "/hub/gates")
    kind, _, shown = headers["authorization"].partition(" ")
    told = {name: values[0] for name, values in parse_qs(shown).items()}
    resource = shown.partition("sr=")[2].partition("&")[0]
    expected = base64.b64encode(hmac.digest(b"7yy+/=key", f"{resource}\n{told['se']}".encode(), "sha256")).decode()
    assert (kind, told["sig"], told["skn"]) == ("SharedAccessSignature", expected, "send")
    assert unquote(resource) == f"http://127.0.0.1:{server.port}/hub/gates"
    assert 1_800 <= int(told["se"]) - NOW / 1e6 <= 3_600
    assert (method, path, body) == ("POST", "/hub/gates/messages", BODY)
    assert (headers["content-type"], headers["oms-test"]) == ("application/cloudevents+json", '"true"')
    properties = {"MessageId": "msg_1", "Label": ABOUT.type, "SessionId": ABOUT.order}
    assert json.loads(headers["brokerproperties"]) == properties


SQS, BUS = f"/123456789012/a{REGION}", f"/a{REGION}"


@pytest.mark.parametrize(
    ("protocol", "path", "status", "said", "means"),
    [
        ("SQS", SQS, 200, {"MessageId": "1"}, 200),
        ("SQS", SQS, 400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist"}, 400),
        ("SQS", SQS, 400, {"__type": "com.amazon.coral.service#ThrottlingException"}, 429),
        ("SQS", SQS, 400, {"__type": "com.amazonaws.sqs#RequestThrottled"}, 429),
        ("KINESIS", BUS, 400, {"__type": "ProvisionedThroughputExceededException"}, 429),
        ("S3", BUS, 503, "<Error><Code>SlowDown</Code></Error>", 503),
        ("EVENTBRIDGE", BUS, 200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, 200),
        ("EVENTBRIDGE", BUS, 200, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}, 429),
        ("EVENTBRIDGE", BUS, 200, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}, 500),
        ("EVENTBRIDGE", BUS, 200, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail"}]}, 400),
        ("EVENTBRIDGE", BUS, 200, {"FailedEntryCount": 1, "Entries": []}, 400),
        ("EVENTBRIDGE", BUS, 200, {"FailedEntryCount": 1, "Entries": "?"}, 400),
        ("SQS", SQS, 400, [1], 400),
        ("SQS", SQS, 400, "no JSON", 400),
        ("PUBSUB", "/projects/airport/topics/a", 429, {}, 429),
        ("SERVICEBUS", "/a", 201, {}, 201),
        ("SERVICEBUS", "/a", 410, {}, 404),
    ],
)  # fmt: skip
async def test_answers_mean_what_they_mean_of_endpoints(server, protocol, path, status, said, means):
    server.status, server.said = status, said.encode() if isinstance(said, str) else json.dumps(said).encode()
    async with putting(server) as put:
        assert (await put(protocol, path)).status == means


@pytest.mark.parametrize(("protocol", "path"), [("PUBSUB", "/projects/airport/topics/a"), ("SERVICEBUS", "/a")])
async def test_a_token_that_comes_back_is_masked(server, protocol, path):
    server.said = b""
    async with putting(server) as put:
        answer = await put(protocol, path)
    shown = server.asked[0][2]["authorization"]
    signature = shown.rpartition(".")[2] if protocol == "PUBSUB" else shown.partition("&sig=")[2].partition("&")[0]
    assert signature.encode() not in answer.body
    assert MASK.encode() in answer.body


@pytest.mark.parametrize(
    ("protocol", "path"),
    [("SQS", SQS), ("S3", BUS), ("KINESIS", BUS), ("EVENTBRIDGE", BUS), ("PUBSUB", "/projects/airport/topics/a"), ("SERVICEBUS", "/a")],
)  # fmt: skip
async def test_nothing_is_sent_inwards(server, protocol, path):
    async with putting(server, nets=()) as put:
        failed = await put(protocol, path)
    assert isinstance(failed, Failed)
    assert (failed.kind, server.asked) == ("url_refused", [])


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
