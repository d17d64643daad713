"""A token is asked for once, however many want it, and anew when it ends or is not taken."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest

from events.subscriptions.outgoing import Answered, Failed
from workers.delivering.tokens import QUIET_SECONDS, Tokens

CREDENTIAL = {"credentialtype": "CLIENTCREDENTIALS", "tokenurl": "https://login.example/", "identifier": "a", "secret": "whs-1"}  # fmt: skip


class Giver:
    """A token endpoint that numbers its tokens; they hold for 100 s."""

    def __init__(self):
        self.asked, self.now, self.fails = [], 0.0, None
        self.begun, self.open = asyncio.Event(), asyncio.Event()
        self.open.set()
        self.tokens = Tokens(self, lambda: self.now, lambda _, key: f"signed with {key}")

    async def __call__(self, request):
        self.asked.append(parse_qs(request.body.decode()))
        self.begun.set()
        await self.open.wait()
        if self.fails is not None:
            return self.fails
        return Answered(200, {}, json.dumps({"access_token": f"t{len(self.asked)}", "expires_in": 100}).encode(), 0.1)

    async def token(self, stale=None, **more):
        return await self.tokens.token({**CREDENTIAL, **more}, "pw", 5.0, None, stale)


@pytest.fixture
def giver():
    return Giver()


async def test_many_at_a_time_ask_once(giver):
    giver.open.clear()
    wanted = [asyncio.create_task(giver.token()) for _ in range(20)]
    await giver.begun.wait()
    giver.open.set()
    assert set(await asyncio.gather(*wanted)) == {"t1"}
    assert len(giver.asked) == 1


async def test_one_that_ends_is_replaced_before_its_end(giver):
    assert await giver.token() == "t1"
    giver.now = 49.0
    assert await giver.token() == "t1"
    giver.now = 50.0
    assert await giver.token() == "t2"


async def test_one_that_is_not_taken_is_replaced_once_for_all_who_had_it(giver):
    assert await giver.token() == "t1"
    assert await asyncio.gather(*(giver.token("t1") for _ in range(5))) == ["t2"] * 5
    assert len(giver.asked) == 2


async def test_another_secret_or_scope_is_another_token(giver):
    assert {await giver.token(), await giver.token(secret="whs-2"), await giver.token(scope="b")} == {"t1", "t2", "t3"}
    assert giver.asked[2]["scope"] == ["b"]


async def test_a_refusal_is_asked_for_again_after_a_while(giver):
    giver.fails = Failed("timeout", "", 5.0)
    assert (await giver.token()).kind == "token_unreachable"
    assert (await giver.token()).kind == "token_unreachable"
    assert len(giver.asked) == 1
    giver.fails, giver.now = None, QUIET_SECONDS
    assert await giver.token() == "t2"


async def test_who_is_cancelled_leaves_the_turn_to_the_next(giver):
    giver.open.clear()
    first, second = asyncio.create_task(giver.token()), asyncio.create_task(giver.token())
    await giver.begun.wait()
    first.cancel()
    giver.open.set()
    assert await second == "t2"
