"""Reading the log: every position once, in order, as far as asked, and those to come."""

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.nats_connection import api, connection
from oms.client import Gap, Unavailable, connect
from oms.client.messages import subject_matches


async def positions(client, **asked):
    return [event.position async for event in client.subscribe(**asked)]


async def test_the_past_is_read_between_two_positions(client, relay):
    for position in range(1, 8):
        await relay(position)
    assert await client.last() == 7
    assert await positions(client, until=100) == [1, 2, 3, 4, 5, 6, 7]
    assert await positions(client, after=2, until=5) == [3, 4, 5]
    assert await positions(client, after=7, until=7) == []


async def test_subjects_choose_and_an_event_says_what_it_is(client, relay):
    await relay(1, "Flight")
    await relay(2, "Plane")
    found = [event async for event in client.subscribe(until=2, subjects=["oms.evt.main.*.*.*.object.Plane.>"])]
    assert [(event.position, event.type, event.data) for event in found] == [(2, "io.oms.object.created.v1", {"n": 2})]


async def test_following_sees_what_comes_later(client, relay):
    await relay(1)
    async with asyncio.timeout(10), aclosing(client.subscribe()) as events:
        assert (await anext(events)).position == 1
        waiting = asyncio.ensure_future(anext(events))
        await relay(2)
        assert (await waiting).position == 2


async def test_following_outlives_the_server(client, relay, nats_server):
    await relay(1)
    async with asyncio.timeout(30), aclosing(client.subscribe()) as events:
        assert (await anext(events)).position == 1
        waiting = asyncio.ensure_future(anext(events))
        await nats_server.stop()
        await nats_server.start()
        await relay(2)
        assert (await waiting).position == 2


async def test_more_than_a_page(client, relay):
    async with asyncio.timeout(60):
        for position in range(1, 1_203):
            await relay(position)
        assert await positions(client, until=5_000) == list(range(1, 1_203))


async def test_a_missing_position_is_a_gap_and_not_a_silence(client, relay, nats_server):
    async with connection(nats_server.endpoint, "admin") as admin:
        config = (await api(admin, "STREAM.INFO.OMS_LOG_main"))["config"]
        await api(admin, "STREAM.DELETE.OMS_LOG_main")
        await api(admin, "STREAM.CREATE.OMS_LOG_main", {**config, "first_seq": 3})
    await relay(3)
    with pytest.raises(Gap, match="position 1 is missing from the log, the next one is 3"):
        await positions(client, until=3)


async def test_a_server_that_is_gone_ends_a_bounded_read(nats_server):
    async with await connect(nats_server.folder.parent, deadline=0.2) as client:
        await nats_server.stop()
        with pytest.raises(Unavailable, match="the log does not answer"):
            await positions(client, until=1)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("oms.evt.>", True),
        ("oms.evt.main", False),
        ("*.*.main.a", True),
        ("oms.evt.main.a.>", False),
        ("oms.evt.main.a", True),
        ("oms.*.b.a", False),
    ],
)
def test_patterns_are_those_of_nats(pattern, matches):
    assert subject_matches("oms.evt.main.a", [pattern]) is matches


@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=5))
def test_a_subject_matches_itself_and_every_star_in_it(tokens):
    subject = ".".join(tokens)
    assert subject_matches(subject, [])
    assert subject_matches(subject, [subject])
    assert all(subject_matches(subject, [".".join([*tokens[:i], "*", *tokens[i + 1 :]])]) for i in range(len(tokens)))
    assert subject_matches(subject, [".".join([*tokens[:-1], ">"])])
