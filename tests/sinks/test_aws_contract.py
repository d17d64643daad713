"""Events in queues, buckets, streams and buses, where OMS_AWS_URL names a server that has them (`make test-aws`).

Moto looks at signatures with AWS's own code from the moment that it is told to.
"""

import base64
import json
import os
import time
from urllib.parse import quote

import aiohttp
import pytest

from adapters import system_clock as clock
from adapters.aws_sinks import aws_sink
from adapters.guarded_http import Guard, GuardedHttp
from events.subscriptions.outgoing import About, Answered, Login, Request
from security.aws_signature import Key, aws_signed

URL = os.environ.get("OMS_AWS_URL", "")
HOST, REGION, ACCOUNT = URL.partition("://")[2], "eu-central-1", "123456789012"
BODY = '{"specversion":"1.0","data":{"이름":"인천"}}'.encode()
JSON = {"Content-Type": "application/cloudevents+json", "oms-test": "true"}
pytestmark = pytest.mark.skipif(not URL, reason="OMS_AWS_URL names no server")


class Console:
    """What their owner does with them, as administrator."""

    def __init__(self, session):
        self._session, self.login = session, Login("AKIAADMINISTRATOR000", "s3cr3t/+=")

    async def call(self, service, target, said, version="1.1"):
        headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
        answer = await self.raw(service, "POST", "/", json.dumps(said).encode(), headers)
        return json.loads(answer or b"{}")

    async def raw(self, service, method, path, body=b"", headers=()):
        key = Key(self.login.user, self.login.password, REGION, service)
        signed = aws_signed(key, method, path, {"host": HOST, **dict(headers)}, body, int(time.time()))
        async with self._session.request(method, URL + path, data=body, headers=signed) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.read()

    async def form(self, **said):
        body = "&".join(f"{name}={value}" for name, value in said.items()).encode()
        return (
            await self.raw("iam", "POST", "/", body, {"content-type": "application/x-www-form-urlencoded"})
        ).decode()

    async def received(self, queue):
        said = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        return (await self.call("sqs", "AmazonSQS.ReceiveMessage", said, "1.0")).get("Messages", [])

    async def queue(self, name, **attributes):
        said = {"QueueName": name, "Attributes": attributes}
        return (await self.call("sqs", "AmazonSQS.CreateQueue", said, "1.0"))["QueueUrl"]


@pytest.fixture
async def console():
    async with aiohttp.ClientSession() as session:
        await session.post(f"{URL}/moto-api/reset")
        await session.post(f"{URL}/moto-api/reset-auth", data=b"inf")
        console = Console(session)
        await console.form(Action="CreateUser", UserName="oms", Version="2010-05-08")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        told = quote(json.dumps(policy))
        await console.form(
            Action="PutUserPolicy", UserName="oms", PolicyName="all", Version="2010-05-08", PolicyDocument=told
        )
        made = await console.form(Action="CreateAccessKey", UserName="oms", Version="2010-05-08")
        console.login = Login(_within(made, "AccessKeyId"), _within(made, "SecretAccessKey"))
        yield console


@pytest.fixture
async def put(console):
    """Everything is signed from here on, or refused."""
    http = GuardedHttp(Guard(["127.0.0.0/8"], [int(HOST.rpartition(":")[2])]), "oms-tests")

    async def put(protocol, path, number=1, login=None, body=BODY):
        about = About(
            f"msg_{number:032}",
            "object/Gate/탑승구",
            number,
            "io.oms.object.created.v1",
            "/oms/main",
            "2026-01-31T12:00:00.000001Z",
        )
        sink = f"{protocol.lower()}://{HOST}{path}?region={REGION}"
        request = Request(sink, JSON, body, 20.0, login=login or console.login, about=about)
        return await aws_sink(protocol, http, clock.now)(request)

    yield put
    await http.close()


async def signed_only(console):
    await console.raw("sqs", "POST", "/moto-api/reset-auth", b"0")


async def test_a_queue_holds_it(console, put):
    queue = await console.queue("gates")
    await signed_only(console)
    assert (await put("SQS", f"/{ACCOUNT}/gates")).status == 200
    (held,) = await console.received(queue)
    assert held["Body"].encode() == BODY
    told = {name: each["StringValue"] for name, each in held["MessageAttributes"].items()}
    assert told == {"content-type": "application/cloudevents+json", "oms-test": "true"}


async def test_a_queue_in_order_leaves_out_what_comes_twice(console, put):
    queue = await console.queue("gates.fifo", FifoQueue="true")
    await signed_only(console)
    for number in (1, 1, 2):
        assert (await put("SQS", f"/{ACCOUNT}/gates.fifo", number, body=b"%d" % number)).status == 200
    assert [each["Body"] for each in await console.received(queue)] == ["1", "2"]


async def test_a_bucket_holds_an_object_of_each_event_in_the_logs_order(console, put):
    place = f"<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    await console.raw("s3", "PUT", "/gates", place.encode())
    await signed_only(console)
    for number in (10, 9, 9):
        assert (await put("S3", "/gates/flights/2026/", number)).status == 200
    listed = (await console.raw("s3", "GET", "/gates")).decode()
    names = [each.partition("</Key>")[0] for each in listed.split("<Key>")[1:]]
    assert names == [f"flights/2026/{number:020}-msg_{number:032}.json" for number in (9, 10)]
    assert await console.raw("s3", "GET", f"/gates/{names[0]}") == BODY


async def test_a_stream_holds_what_belongs_together_in_one_shard(console, put):
    await console.call("kinesis", "Kinesis_20131202.CreateStream", {"StreamName": "gates", "ShardCount": 4})
    await signed_only(console)
    for number in (1, 2):
        assert (await put("KINESIS", "/gates", number, body=b"%d" % number)).status == 200
    kept = []
    for shard in range(4):
        said = {"StreamName": "gates", "ShardId": f"shardId-{shard:012}", "ShardIteratorType": "TRIM_HORIZON"}
        begun = await console.call("kinesis", "Kinesis_20131202.GetShardIterator", said)
        found = await console.call("kinesis", "Kinesis_20131202.GetRecords", begun)
        kept.append([base64.b64decode(each["Data"]) for each in found["Records"]])
    assert sorted(kept) == [[], [], [], [b"1", b"2"]]


async def test_a_bus_brings_it_to_whoever_has_a_rule_for_its_type(console, put):
    queue = await console.queue("heard")
    pattern = json.dumps({"detail-type": ["io.oms.object.created.v1"], "source": ["/oms/main"]})
    await console.call("events", "AWSEvents.CreateEventBus", {"Name": "gates"})
    await console.call("events", "AWSEvents.PutRule", {"Name": "all", "EventPattern": pattern, "EventBusName": "gates"})
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:heard"}
    await console.call("events", "AWSEvents.PutTargets", {"Rule": "all", "EventBusName": "gates", "Targets": [target]})
    await signed_only(console)
    assert (await put("EVENTBRIDGE", "/gates")).status == 200
    (held,) = await console.received(queue)
    assert json.loads(held["Body"])["detail"] == json.loads(BODY)
    assert (await put("EVENTBRIDGE", "/gates", body=b"no JSON")).status == 400


@pytest.mark.parametrize(
    ("protocol", "path"),
    [("SQS", f"/{ACCOUNT}/gone"), ("S3", "/gone"), ("KINESIS", "/gone")],
)
async def test_what_is_not_there_or_is_signed_with_another_key_is_refused(console, put, protocol, path):
    await signed_only(console)
    for login in (None, Login(console.login.user, "another")):
        refused = await put(protocol, path, login=login)
        assert isinstance(refused, Answered)
        assert 400 <= refused.status < 500
        assert (b"SignatureDoesNotMatch" in refused.body or b"InvalidSignature" in refused.body) is (login is not None)


def _within(text, name):
    return text.partition(f"<{name}>")[2].partition("<")[0]
