"""Access tokens of OAuth 2.0: asked for once, used until shortly before their end, by however many at a time."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from events.subscriptions.credentials import Token, signs_for_itself, token_of, token_request
from events.subscriptions.outgoing import ClientTls, Failed, Outgoing

QUIET_SECONDS: Final = 2.0  # after a refusal those who come meanwhile get the same answer
_Key = tuple[str, ...]
Prove = Callable[[Mapping[str, Any], str], str]
"""What is sent in a secret's place, of a credential and its secret: for it is a key. Raises `ValueError` where that is none."""


class Tokens:
    """In memory alone: another life asks again. `clock` in s."""

    def __init__(self, ask: Outgoing, clock: Callable[[], float], prove: Prove) -> None:
        self._ask, self._clock, self._prove = ask, clock, prove
        self._kept: dict[_Key, tuple[str | Failed, float]] = {}
        self._turns: dict[_Key, asyncio.Lock] = {}

    async def token(
        self,
        credential: Mapping[str, Any],
        secret: str,
        seconds: float,
        tls: ClientTls | None,
        stale: str | None = None,
    ) -> str | Failed:
        """`credential` is CLIENTCREDENTIALS; not `stale`, which the endpoint did not take."""
        key = tuple(str(each) for pair in sorted(credential.items()) for each in pair)
        async with self._turns.setdefault(key, asyncio.Lock()):
            kept, until = self._kept.get(key, (stale, 0.0))
            if kept is None or kept == stale or until <= self._clock():
                given = await self._asked(credential, secret, seconds, tls)
                kept, seconds = (given, QUIET_SECONDS) if isinstance(given, Failed) else given
                self._forget_old()
                self._kept[key] = kept, self._clock() + seconds
            return kept

    async def _asked(
        self, credential: Mapping[str, Any], secret: str, seconds: float, tls: ClientTls | None
    ) -> Token | Failed:
        try:
            shown = self._prove(credential, secret) if signs_for_itself(credential) else secret
        except ValueError as error:
            return Failed("no_credential", str(error), 0.0)
        return token_of(await self._ask(token_request(credential, shown, seconds, tls)))

    def _forget_old(self) -> None:
        now = self._clock()
        self._kept = {key: each for key, each in self._kept.items() if each[1] > now}
        self._turns = {key: each for key, each in self._turns.items() if key in self._kept or each.locked()}
