"""Whether a NATS server is there: one that is not, is silent or lets nobody in is said at once, whoever else is named."""

from dataclasses import replace

import pytest

from adapters.nats_config import Login
from adapters.nats_reach import ServerAway, reach
from tests.silent import silent_server

NOBODY = "nats://127.0.0.1:1"


async def test_a_server_that_is_there_lets_us_in_whichever_of_them_it_is(nats_server):
    endpoint = nats_server.endpoint
    for url in (endpoint.url, f"{NOBODY},{endpoint.url}", f"{endpoint.url},{NOBODY}"):
        await reach(replace(endpoint, url=url), "admin")


async def test_a_server_that_is_not_there_is_said(nats_server):
    for url in (NOBODY, f"nats://ops:geheim@127.0.0.1:1,{NOBODY}"):
        with pytest.raises(ServerAway, match=r"no NATS server answers at nats:.*refused; see that it runs") as told:
            await reach(replace(nats_server.endpoint, url=url), "admin")
        assert "geheim" not in str(told.value)


async def test_a_server_that_does_not_let_us_in_is_said(nats_server):
    wrong = replace(nats_server.endpoint, logins={"admin": Login("admin", "틀린 비밀번호")})
    for user in ("admin", "nobody of it"):
        with pytest.raises(ServerAway, match="authorization violation"):
            await reach(wrong, user)


async def test_a_server_that_says_nothing_is_not_waited_for(nats_server):
    async with silent_server() as (url, _):
        with pytest.raises(ServerAway, match=f"at {url}: "):
            await reach(replace(nats_server.endpoint, url=url), "admin")
