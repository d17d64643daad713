"""Subscriptions: what may be said, what is refused and where, and who selects a type."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.filters.candidate import Candidate
from events.findings import Refused
from events.reserved import selecting_key
from events.subscriptions.expunging import EXPUNGED
from events.subscriptions.index import Selection, SubscriptionIndex, wanted
from events.subscriptions.reports import REPORTED
from events.subscriptions.secret_ids import in_use, shown
from events.subscriptions.selecting import of_types, on_branch
from events.subscriptions.sinks import sink_fault
from events.wire.instants import from_text, to_text
from tests.events.world import MAIN, World

GATE = {
    "name": "Gate",
    "primaryKey": ["id"],
    "properties": [{"name": "id", "type": "string"}, {"name": "상태", "type": "string"}],
}
TO = {"name": "gates-out", "sink": "https://example.com/hooks?a=b"}
SECRET, OTHER = f"whs-{'a' * 32}", f"whs-{'b' * 32}"
BEARER = {"credentialtype": "ACCESSTOKEN", "accesstoken": SECRET}
BASIC = {"credentialtype": "PLAIN", "identifier": "홍길동", "secret": SECRET}
CLIENT = {
    "credentialtype": "CLIENTCREDENTIALS",
    "tokenurl": "https://login.example/",
    "identifier": "a",
    "secret": SECRET,
}
QUEUE = {"protocol": "SQS", "sink": "sqs://sqs.eu-central-1.amazonaws.com/123456789012/gates", "sinkcredential": BASIC}
FILTER = {"sql": "data.properties.상태 = '닫힘' AND type LIKE '%.updated.v1'"}


@pytest.fixture
def world() -> World:
    world = World()
    world.when("CreateObjectType", **GATE)
    return world


def codes(world: World, command: str, **data) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        world.when(command, **data)
    return [(each.code, each.path) for each in refused.value.findings]


def state(world: World, name: str = "gates-out"):
    return world.get(f"subscription/{name}")


def test_a_subscription_is_stored_with_the_rids_of_the_types_that_it_names(world):
    (event,) = world.when("RegisterSubscription", **TO, objectTypes=["Gate", "Gate"], filters=[FILTER], secret=SECRET)
    (kept,) = event.terms.object_types
    assert (kept.slug, kept.rid.startswith("ri.oms.object-type.")) == ("Gate", True)
    assert event.id.startswith("ri.oms.subscription.")
    assert state(world)["status"] == "active"
    assert state(world)["secrets"] == [{"id": SECRET}]
    assert state(world)["config"]["mode"] == "structured"
    assert world.when("RegisterSubscription", **TO, objectTypes=["Gate"], filters=[FILTER], secret=SECRET) == []
    assert codes(world, "RegisterSubscription", **TO) == [("SUBSCRIPTION_EXISTS", "/name")]


def test_one_that_begins_paused_waits_to_be_resumed(world):
    (event,) = world.when("RegisterSubscription", **TO, paused=True)
    assert (event.paused, state(world)["status"]) == (True, "paused")
    assert world.when("RegisterSubscription", **TO, paused=True) == []
    assert codes(world, "RegisterSubscription", **TO) == [("SUBSCRIPTION_EXISTS", "/name")]
    world.when("ResumeSubscription", subscription="gates-out")
    assert state(world)["status"] == "active"


def test_a_type_that_is_renamed_stays_selected(world):
    world.when("RegisterSubscription", **TO, objectTypes=["Gate"])
    world.when("RenameObjectType", type="Gate", name="탑승구")
    assert world.when("UpdateSubscription", subscription="gates-out", objectTypes=["탑승구"]) == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"name": "a b"}, [("SUBSCRIPTION_NAME", "/name")]),
        ({"sink": "https://u:p@example.com/"}, [("SUBSCRIPTION_SINK", "/sink")]),
        ({"types": ["io.oms.object.created.v9"]}, [("SUBSCRIPTION_TYPE", "/types/0")]),
        ({"types": ["io.oms.object.*", "io.oms.objects.*"]}, [("SUBSCRIPTION_TYPE", "/types/1")]),
        ({"types": []}, [("SUBSCRIPTION_NOTHING", "/types")]),
        ({"branches": [MAIN, "prod/*/main", "prod/*"]}, [("SUBSCRIPTION_BRANCH", "/branches/2")]),
        ({"branches": ["dev/no/where"]}, [("BRANCH_UNKNOWN", "/branches/0")]),
        ({"objectTypes": ["Gat"]}, [("TYPE_UNKNOWN", "/objectTypes/0")]),
        ({"filters": [FILTER, {"sql": "type ="}]}, [("FILTER_SQL", "/filters/1/sql")]),
        ({"protocolsettings": {"headers": {"X-Team": "게이트"}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/headers/X-Team")]),
        ({"protocolsettings": {"headers": {"Authorization": "x"}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/headers/Authorization")]),
        ({"protocolsettings": {"headers": {"Webhook-Id": "x"}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/headers/Webhook-Id")]),
        ({"protocolsettings": {"headers": {"Content-MD5": "x", "Connection": "x"}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/headers/Content-MD5"), ("SUBSCRIPTION_HEADER", "/protocolsettings/headers/Connection")]),
        ({"protocolsettings": {"headers": {"X-A": "1", "x-a": "2"}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/headers/x-a")]),
        ({"protocolsettings": {"eventheaders": {"Host": "id", "X-B": "a("}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/eventheaders/Host"), ("SUBSCRIPTION_TRANSFORM", "/protocolsettings/eventheaders/X-B")]),
        ({"protocolsettings": {"eventheaders": {"X-A": "id"}, "headers": {"x-a": "1"}}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/eventheaders/X-A")]),
        ({"protocolsettings": {"eventheaders": {"X-A": "id"}}, "config": {"mode": "batch"}}, [("SUBSCRIPTION_PROTOCOL", "/protocolsettings/eventheaders")]),
        ({"protocolsettings": {"contenttype": "text/plain\r\nX: y"}}, [("SUBSCRIPTION_HEADER", "/protocolsettings/contenttype")]),
        ({"sinkcredential": {**CLIENT, "keyid": "k"}}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/keyid")]),
        ({"protocol": "NATS", "sink": "nats:gates", "config": {"handshake": True}}, [("SUBSCRIPTION_PROTOCOL", "/config/handshake")]),
        ({"secretheaders": {"X-Key": SECRET, "Host": SECRET}}, [("SUBSCRIPTION_HEADER", "/secretheaders/Host")]),
        ({"secretheaders": {"X-Key": SECRET}, "protocolsettings": {"headers": {"x-key": "a"}}}, [("SUBSCRIPTION_HEADER", "/secretheaders/X-Key")]),
        ({"secretheaders": {"Authorization": SECRET}, "sinkcredential": BEARER}, [("SUBSCRIPTION_HEADER", "/secretheaders/Authorization")]),
        ({"sink": "http://example.com/", "sinkcredential": BEARER}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential")]),
        ({"sinkcredential": {**BASIC, "identifier": "a:b"}}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/identifier")]),
        ({"sinkcredential": {**CLIENT, "tokenurl": "http://login.example/"}}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/tokenurl")]),
        ({"sinkcredential": {**CLIENT, "tokenurl": "https://a:b@login.example/"}}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/tokenurl")]),
        ({"sinkcredential": {"credentialtype": "ACCESSTOKEN", "accesstoken": "geheim"}}, [("COMMAND_SHAPE", "/sinkcredential/accesstoken")]),
        ({"protocol": "NATS", "sink": "nats:gates", "tls": {"authority": SECRET}}, [("SUBSCRIPTION_PROTOCOL", "/tls")]),
        ({"protocol": "NATS", "sink": "nats:gates", "protocolsettings": {}}, [("SUBSCRIPTION_PROTOCOL", "/protocolsettings")]),
        ({"protocol": "FILE", "sink": "file:a", "config": {"mode": "batch"}}, [("SUBSCRIPTION_PROTOCOL", "/config/mode")]),
        ({"protocol": "NATS", "sink": "nats:gates", "config": {"mode": "batch"}}, [("SUBSCRIPTION_PROTOCOL", "/config/mode")]),
        ({"protocol": "MAIL", "sink": "mailto:a@example.com", "config": {"mode": "binary"}}, [("SUBSCRIPTION_PROTOCOL", "/config/mode")]),
        ({"protocol": "MAIL", "sink": "mailto:a@example"}, [("SUBSCRIPTION_SINK", "/sink")]),
        ({**QUEUE, "sink": "sqs://gates"}, [("SUBSCRIPTION_SINK", "/sink")]),
        ({**QUEUE, "sinkcredential": None}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential")]),
        ({**QUEUE, "sinkcredential": BEARER}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential/credentialtype")]),
        ({**QUEUE, "secretheaders": {"X-A": SECRET}}, [("SUBSCRIPTION_PROTOCOL", "/secretheaders")]),
        ({**QUEUE, "protocolsettings": {"headers": {"X-A": "1"}}}, [("SUBSCRIPTION_PROTOCOL", "/protocolsettings")]),
        ({**QUEUE, "config": {"mode": "binary"}}, [("SUBSCRIPTION_PROTOCOL", "/config/mode")]),
        ({"protocol": "KAFKA", "sink": "kafka://kafka.example.com/gates", "sinkcredential": BASIC}, [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential")]),
        ({"protocol": "KAFKA", "sink": "kafkas://kafka.example.com/gates", "config": {"mode": "batch"}}, [("SUBSCRIPTION_PROTOCOL", "/config/mode")]),
        ({**QUEUE, "config": {"mode": "batch", "handshake": True}}, [("SUBSCRIPTION_PROTOCOL", "/config/mode"), ("SUBSCRIPTION_PROTOCOL", "/config/handshake")]),
        ({"config": {"batch": {"events": 5}}}, [("SUBSCRIPTION_PROTOCOL", "/config/batch")]),
        ({"config": {"transform": {"expression": "a("}}}, [("SUBSCRIPTION_TRANSFORM", "/config/transform/expression")]),
        ({"config": {"deliverat": "a("}}, [("SUBSCRIPTION_TRANSFORM", "/config/deliverat")]),
        ({"config": {"deliverat": "time", "ordered": True}}, [("SUBSCRIPTION_PROTOCOL", "/config/deliverat")]),
        ({"config": {"retries": [{"types": [], "schedule": []}]}}, [("COMMAND_SHAPE", "/config/retries/0/types")]),
        ({"config": {"retries": [{"types": ["io.oms.object.*"], "schedule": [0]}]}}, [("COMMAND_SHAPE", "/config/retries/0/schedule/0")]),
        ({"config": {"retries": [{"types": ["io.oms.objects.*"], "schedule": [5]}]}}, [("SUBSCRIPTION_TYPE", "/config/retries/0/types/0")]),
        ({"config": {"retries": [{"types": ["io.oms.object.*"], "schedule": [5]}, {"types": ["io.oms.link.*", "io.oms.object.created.v1"], "schedule": []}]}}, [("SUBSCRIPTION_TYPE", "/config/retries/1/types/1")]),
        ({"config": {"mode": "batch", "retries": [{"types": ["io.oms.object.*"], "schedule": [5]}]}}, [("SUBSCRIPTION_PROTOCOL", "/config/retries")]),
        ({"config": {"rate": 0}}, [("COMMAND_SHAPE", "/config/rate")]),
        ({"secret": "whsec_abc"}, [("COMMAND_SHAPE", "/secret")]),
        ({"sink": "ftp://a", "types": ["x"], "filters": [3]}, [("COMMAND_SHAPE", "/filters/0")]),
        ({"sink": "ftp://a", "types": ["x"], "filters": [{}]}, [("SUBSCRIPTION_SINK", "/sink"), ("SUBSCRIPTION_TYPE", "/types/0"), ("FILTER_SHAPE", "/filters/0")]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_once_with_its_place(world, said, found):
    assert codes(world, "RegisterSubscription", **{**TO, **said}) == found
    if "name" not in said and "secret" not in said:
        world.when("RegisterSubscription", **TO)
        assert codes(world, "UpdateSubscription", subscription="gates-out", **said) == found


@pytest.mark.parametrize(
    ("protocol", "sink", "right"),
    [
        ("HTTP", "https://example.com", True),
        ("HTTP", "http://127.0.0.1:8080/a", True),  # whom it may reach is for who connects
        ("HTTP", "https:///a", False),
        ("HTTP", "https://example.com/#a", False),
        ("HTTP", "https://example.com:99999/", False),
        ("HTTP", "https://예.example/", False),
        ("HTTP", "https://a\\@b/", False),
        ("NATS", "nats:flights.events", True),
        ("NATS", "nats:flights.*", False),
        ("NATS", "nats:oms.evt.main", False),
        ("NATS", "nats:$SYS.x", False),
        ("NATS", "flights", False),
        ("FILE", "file:flights.ndjson", True),
        ("FILE", "file:../flights", False),
        ("FILE", "file:/etc/passwd", False),
        ("FILE", "file:a..b", False),
    ],
)
def test_a_sink_is_an_address_of_its_protocol(protocol, sink, right):
    assert (sink_fault(protocol, sink) is None) is right


def test_a_key_goes_to_no_other_cloud(world):
    world.when("RegisterSubscription", name="gates-out", **QUEUE)
    assert state(world)["sinkcredential"] == BASIC
    named = {"subscription": "gates-out"}
    other = {"sink": "sqs://sqs.eu-central-1.amazonaws.com/123456789012/others"}
    assert len(world.when("UpdateSubscription", **named, **other)) == 1
    for there in (
        {"sink": "sqs://sqs.example.com/123456789012/gates?region=eu-central-1"},
        {"sink": "s3://sqs.eu-central-1.amazonaws.com/gates", "protocol": "S3"},
        {"sink": "https://sqs.eu-central-1.amazonaws.com/123456789012/gates", "protocol": "HTTP"},
    ):
        assert codes(world, "UpdateSubscription", **named, **there) == [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential")]


@pytest.mark.parametrize(
    "said",
    [
        {"sink": "kafka://kafka.example.com/gates", "protocol": "KAFKA", "config": {"mode": "binary"}},
        {"sink": "kafka://127.0.0.1/gates", "protocol": "KAFKA", "sinkcredential": BASIC},
        {
            "sink": "amqps://rabbit.example.com/?key=a",
            "protocol": "RABBITMQ",
            "sinkcredential": BASIC,
            "tls": {"authority": OTHER},
        },
    ],
)
def test_brokers_may_want_nothing_take_attributes_and_get_no_secret_in_the_clear(world, said):
    assert len(world.when("RegisterSubscription", name="gates-out", **said)) == 1


def test_what_is_not_given_stays_and_null_takes_away(world):
    world.when("RegisterSubscription", **TO, filters=[FILTER], config={"ordered": True})
    (event,) = world.when("UpdateSubscription", subscription="gates-out", filters=None, config={"rate": 5})
    assert event.terms.filters is None
    assert (event.terms.config.ordered, event.terms.config.rate, event.terms.sink) == (True, 5, TO["sink"])
    assert codes(world, "UpdateSubscription", subscription="gates-out", sink=None) == [("COMMAND_SHAPE", "/sink")]


def test_of_what_goes_beside_the_body_what_is_not_given_stays(world):
    settings = {"headers": {"X-Team": "gates"}, "eventheaders": {"X-Gate": "data.key"}, "method": "PATCH"}
    world.when("RegisterSubscription", **TO, protocolsettings=settings)
    given = {"contenttype": "application/json; charset=utf-8", "headers": None}
    (event,) = world.when("UpdateSubscription", subscription="gates-out", protocolsettings=given)
    kept = event.terms.protocolsettings
    assert (kept.headers, kept.eventheaders, kept.method) == (None, {"X-Gate": "data.key"}, "PATCH")
    assert kept.contenttype == given["contenttype"]


def test_of_what_an_endpoint_is_shown_each_part_is_replaced_by_itself(world):
    world.when(
        "RegisterSubscription", **TO, sinkcredential=CLIENT, secretheaders={"X-A": SECRET}, tls={"identity": SECRET}
    )
    assert state(world)["sinkcredential"] == {**CLIENT, "authentication": "client_secret_basic"}
    named, basic = {"subscription": "gates-out"}, {**BASIC, "secret": OTHER}
    (event,) = world.when("UpdateSubscription", **named, secretheaders={"X-B": OTHER}, tls={"authority": OTHER})
    assert event.terms.secretheaders == {"X-A": SECRET, "X-B": OTHER}
    assert (event.terms.tls.identity, event.terms.tls.authority) == (SECRET, OTHER)
    assert set(shown(state(world))) == {SECRET, OTHER}
    world.when("UpdateSubscription", **named, secretheaders={"X-A": None}, tls=None, sinkcredential=basic)
    assert (state(world)["secretheaders"], state(world)["sinkcredential"]) == ({"X-B": OTHER}, basic)
    assert world.when("UpdateSubscription", **named, sinkcredential=basic) == []
    world.when("UpdateSubscription", **named, secretheaders={"X-B": None}, sinkcredential=None)
    assert not {"secretheaders", "tls", "sinkcredential"} & state(world).keys()


def test_what_is_shown_goes_nowhere_but_where_it_was_given_for(world):
    world.when("RegisterSubscription", **TO, sinkcredential=CLIENT, secretheaders={"X-A": OTHER})
    named = {"subscription": "gates-out"}
    for there in ({"sink": "https://elsewhere.example/"}, {"sink": "https://example.com:8443/hooks"},
                  {"sinkcredential": {**CLIENT, "tokenurl": "https://elsewhere.example/"}}):  # fmt: skip
        assert codes(world, "UpdateSubscription", **named, **there) == [("SUBSCRIPTION_CREDENTIAL", "/sinkcredential")]
    away = {"sinkcredential": None, "secretheaders": {"X-A": None}}
    for there in ({"sink": "HTTPS://example.com:443/other"}, {"sink": "https://elsewhere.example/", **away}):
        assert len(world.when("UpdateSubscription", **named, **there)) == 1


def test_a_secret_that_went_is_used_a_while_and_never_taken_again(world):
    world.when("RegisterSubscription", **TO, secret=SECRET)
    (event,) = world.when("RotateSubscriptionSecret", subscription="gates-out", secret=OTHER, overlap=60)
    assert state(world)["secrets"] == [{"id": SECRET, "until": event.until}, {"id": OTHER}]
    assert world.when("RotateSubscriptionSecret", subscription="gates-out", secret=OTHER) == []
    again = {"subscription": "gates-out", "secret": SECRET}
    assert codes(world, "RotateSubscriptionSecret", **again) == [("SUBSCRIPTION_SECRET", "/secret")]


def test_secrets_are_in_use_as_long_as_they_overlap(world):
    world.when("RegisterSubscription", **TO, secret=SECRET)
    assert in_use(state(world), 0) == [SECRET]
    (event,) = world.when("RotateSubscriptionSecret", subscription="gates-out", secret=OTHER, overlap=60)
    until = from_text(event.until)
    assert in_use(state(world), until - 1) == [OTHER, SECRET]
    assert in_use(state(world), until) == [OTHER]
    third = f"whs-{'c' * 32}"
    world.when("RotateSubscriptionSecret", subscription="gates-out", secret=third, overlap=0)
    assert in_use(state(world), world.position) == [third]  # what had to go sooner is not used longer


def test_the_life_of_a_subscription(world):
    world.when("RegisterSubscription", **TO)
    named = {"subscription": "gates-out"}
    for command, data, status in (
        ("PauseSubscription", {"reason": "점검"}, "paused"),
        ("ResumeSubscription", {}, "active"),
        ("DisableSubscription", {"reason": "410"}, "disabled"),
    ):
        assert len(world.when(command, **named, **data)) == 1
        assert world.when(command, **named, **data) == []
        assert state(world)["status"] == status
    assert codes(world, "PauseSubscription", **named) == [("SUBSCRIPTION_STATUS", "/subscription")]
    world.when("ResumeSubscription", **named)
    first = state(world)["id"]
    world.when("DeleteSubscription", **named)
    assert codes(world, "ResumeSubscription", **named) == [("SUBSCRIPTION_DELETED", "/subscription")]
    assert codes(world, "DeleteSubscription", subscription="gate-out") == [("SUBSCRIPTION_UNKNOWN", "/subscription")]
    world.when("RegisterSubscription", **TO)
    assert state(world)["id"] != first


def test_a_replay_is_asked_for_once_and_again_with_another_reason(world):
    world.when("RegisterSubscription", **TO)
    asked = {"subscription": "gates-out", "after": 0, "until": 1, "reason": "lost"}
    (event,) = world.when("ReplaySubscription", **asked)
    assert (event.number, event.until) == (1, 1)
    assert world.when("ReplaySubscription", **asked) == []
    assert world.when("ReplaySubscription", **{**asked, "reason": "lost again"})[0].number == 2
    for after, until in ((1, 1), (0, 1_000_000)):
        wrong = {**asked, "after": after, "until": until}
        assert codes(world, "ReplaySubscription", **wrong) == [("SUBSCRIPTION_REPLAY", "/after")]


def test_what_was_sent_and_answered_is_expunged_once_up_to_a_moment_that_is_over(world):
    world.when("RegisterSubscription", **TO)
    now, said = to_text(1), {"subscription": "gates-out", "reason": "잘못 보냄"}
    early = "1970-01-01T00:00:00Z"
    assert world.when("ExpungeSubscriptionTries", **said, before=now, position=1)[0].position == 1
    assert world.when("ExpungeSubscriptionTries", **said, before=early, position=1) == []
    assert len(world.when("ExpungeSubscriptionTries", **said, before=early)) == 1
    kept = {"number": 2, "before": to_text(from_text(early)), "positions": {"1": now}}
    assert state(world)[EXPUNGED] == kept
    assert len(world.when("ExpungeSubscriptionTries", **said, before=now)) == 1
    assert state(world)[EXPUNGED] == {"number": 3, "before": now}
    assert world.when("ExpungeSubscriptionTries", **said, before=now, position=2) == []
    for wrong, at in (({"before": "gestern"}, "/before"), ({"before": "9000-01-01T00:00:00Z"}, "/before"),
                      ({"before": now, "position": 10_000}, "/position")):  # fmt: skip
        assert codes(world, "ExpungeSubscriptionTries", **said, **wrong) == [("SUBSCRIPTION_EXPUNGE", at)]


def test_tries_of_a_subscription_that_is_over_are_expunged_too(world):
    world.when("RegisterSubscription", **TO)
    world.when("DeleteSubscription", subscription="gates-out")
    said = {"subscription": "gates-out", "reason": "삭제 요청", "before": to_text(1)}
    assert len(world.when("ExpungeSubscriptionTries", **said)) == 1
    assert world.when("ExpungeSubscriptionTries", **said) == []
    kept = state(world)
    assert (kept["deleted"], kept[EXPUNGED]) == (True, {"number": 1, "before": to_text(1)})
    assert codes(world, "PauseSubscription", subscription="gates-out") == [("SUBSCRIPTION_DELETED", "/subscription")]


def test_a_type_that_a_subscription_selects_is_in_use_on_its_branches(world):
    world.when("CreateBranch", name="dev/a/b")
    world.when("RegisterSubscription", **TO, objectTypes=["Gate"], filters=[FILTER])
    with pytest.raises(Refused, match="1 subscription: gates-out"):
        world.when("DeleteObjectType", type="Gate")
    with pytest.raises(Refused, match="상태 is filtered by 1 subscription: gates-out"):
        world.when("RemoveProperty", type="Gate", property="상태")
    world.when("UpdateSubscription", subscription="gates-out", branches=["dev/*/b"])
    assert len(world.when("RemoveProperty", type="Gate", property="상태")) == 1
    assert len(world.when("DeleteObjectType", type="Gate")) == 1


def test_selectors_take_whole_parts():
    assert on_branch(None, "dev/a/b")
    assert on_branch(["prod/x/y", "*/a/*"], "dev/a/b")
    assert not on_branch(["dev/a/*"], "dev/ab/b")
    assert of_types(None, "io.oms.object.created.v1")
    assert of_types(["io.oms.object.*"], "io.oms.object.created.v1")
    assert not of_types(["io.oms.object.*"], "io.oms.objectType.created.v1")


NAMES = st.sampled_from(["a", "b", "다"])
COMMANDS = st.one_of(
    st.tuples(st.just("RegisterSubscription"), st.fixed_dictionaries(
        {"name": NAMES, "sink": st.just("https://example.com")}, optional={"objectTypes": st.just(["Gate"])})),
    st.tuples(st.just("UpdateSubscription"), st.fixed_dictionaries(
        {"subscription": NAMES}, optional={"objectTypes": st.sampled_from([["Gate"], None]), "filters": st.just([FILTER])})),
    st.tuples(st.sampled_from(["PauseSubscription", "ResumeSubscription", "DeleteSubscription"]),
              st.fixed_dictionaries({"subscription": NAMES})),
    st.tuples(st.just("DisableSubscription"), st.fixed_dictionaries({"subscription": NAMES, "reason": st.just("410")})),
    st.tuples(st.just("RotateSubscriptionSecret"), st.fixed_dictionaries(
        {"subscription": NAMES, "secret": st.sampled_from([SECRET, OTHER])})),
    st.tuples(st.just("ReplaySubscription"), st.fixed_dictionaries(
        {"subscription": NAMES, "after": st.just(0), "until": st.just(1)})),
    st.tuples(st.just("ExpungeSubscriptionTries"), st.fixed_dictionaries(
        {"subscription": NAMES, "reason": st.just("a"), "before": st.sampled_from([to_text(0), to_text(1)])},
        optional={"position": st.just(1)})),
)  # fmt: skip


@given(st.lists(COMMANDS, max_size=12))
def test_saying_it_again_changes_nothing_and_who_selects_a_type_is_known(history):
    world = World()
    world.when("CreateObjectType", **GATE)
    rid = next(key for key in world.stored if key.startswith("objectType/"))
    for command, data in history:
        with suppress(Refused):
            world.when(command, **data)
            if command != "DeleteSubscription":
                assert world.when(command, **data) == []
    there = [state(world, name) for name in ("a", "b", "다")]
    named = [f"subscription/{one['name']}" for one in there if one and not one.get("deleted") and "objectTypes" in one]
    assert (world.get(selecting_key(rid)) or {"by": []})["by"] == sorted(named)
    assert [key for key in world.surprises if key.startswith("subscription/")] == []


def test_a_report_is_told_once_and_changes_nothing_else(world):
    world.when("RegisterSubscription", **TO)
    before = state(world)
    said = {"subscription": "gates-out", "percent": 50, "since": "2026-01-31T12:00:00Z", "attempts": 12}
    (event,) = world.when("ReportSubscriptionFailing", **said)
    assert (event.name, event.percent, event.attempts) == ("gates-out", 50, 12)
    assert {name: value for name, value in state(world).items() if name != REPORTED} == before
    assert world.when("ReportSubscriptionFailing", **said) == []
    assert len(world.when("ReportSubscriptionFailing", **{**said, "percent": 70})) == 1
    exhausted = {"subscription": "gates-out", "events": 1, "first": 7, "last": 7, "result": "timeout"}
    assert len(world.when("ReportSubscriptionExhausted", **exhausted)) == 1
    world.when("DeleteSubscription", subscription="gates-out")
    assert codes(
        world, "ReportSubscriptionRecovered", **{name: said[name] for name in ("subscription", "since", "attempts")}
    ) == [("SUBSCRIPTION_DELETED", "/subscription")]


@pytest.mark.parametrize(
    ("types", "about", "wants"),
    [
        (None, "other", False),
        (["io.oms.object.*"], "other", False),
        (["io.oms.subscription.*"], "other", True),
        (["io.oms.subscription.failing.v1"], "other", True),
        (["io.oms.subscription.*"], "mine", False),
    ],
)
def test_reports_are_for_who_asks_for_them_and_never_about_himself(types, about, wants):
    selection = Selection({"name": "mine", "types": types, "status": "active"}, None)
    said = {"type": "io.oms.subscription.failing.v1", "subject": f"subscription/{about}", "branch": MAIN, "source": "/"}
    assert wanted(selection)(Candidate(said)) is wants
    assert SubscriptionIndex([selection]).wanting(Candidate(said)) == ["mine"] * wants
