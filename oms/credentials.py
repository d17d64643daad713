"""What endpoints want to see of us is added to a request on its way out, and masked in whatever is kept of it."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from adapters import system_clock as clock
from adapters.secret_files import NoSecret
from events.decider import State
from events.subscriptions.credentials import MEMBERS, audiences, authorization
from events.subscriptions.masking import MASK, Masking
from events.subscriptions.outgoing import Answered, ClientTls, Failed, Login, Outgoing, Request
from security.client_assertions import assertion
from workers.delivering.tokens import Tokens

Secret = Callable[[str, str], str]


class Exchange(NamedTuple):
    """As it may be kept: without a secret. `headers`: of the request."""

    ended: Answered | Failed
    headers: Mapping[str, str]


class Credentials:
    """Of endpoints. `secret` of an id and an audience raises `NoSecret`; `seconds` is a clock."""

    def __init__(self, secret: Secret, http: Outgoing, seconds: Callable[[], float]) -> None:
        self._secret, self._http, self._tokens = secret, http, Tokens(http, seconds, _assertion)

    async def exchange(self, state: State, request: Request) -> Exchange:
        """One request; where the endpoint does not take a token any more, one more with another token."""
        if not any(state.get(member) for member in MEMBERS):
            return Exchange(await self._http(request), request.headers)
        try:
            tls = self._tls(state)
            whom = audiences(state)
            headers = {
                name: self._secret(each, whom[each]) for name, each in (state.get("secretheaders") or {}).items()
            }
            secret = self._own(state, whom)
        except (NoSecret, OSError) as error:
            return Exchange(Failed("no_credential", str(error), 0.0), request.headers)
        if secret is not None:
            return await self._authorized(state["sinkcredential"], secret, _with(request, headers, tls), headers)
        return _masked(await self._http(_with(request, headers, tls)), request, headers)

    async def shown_by(self, way: Outgoing, state: State, request: Request) -> Exchange:
        """One request of another protocol, which shows user and password in a way of its own."""
        credential = state.get("sinkcredential")
        try:
            login = None
            if credential is not None:
                login = self._login(credential, audiences(state))
            tls = self._tls(state)
        except (NoSecret, OSError) as error:
            return Exchange(Failed("no_credential", str(error), 0.0), request.headers)
        ended = await way(request._replace(tls=tls, login=login))
        if login is None:
            return Exchange(ended, request.headers)
        return Exchange(_masking(login.password, *filter(None, [login.session])).ended(ended), request.headers)

    async def ask(self, state: State, request: Request) -> Answered | Failed:
        """Somebody who has not consented: TLS as it wants it, and nothing else of us."""
        try:
            return await self._http(request._replace(tls=self._tls(state)))
        except (NoSecret, OSError) as error:
            return Failed("no_credential", str(error), 0.0)

    async def _authorized(
        self, credential: Mapping[str, Any], secret: str, request: Request, headers: dict[str, str]
    ) -> Exchange:
        if credential["credentialtype"] != "CLIENTCREDENTIALS":
            shown = {"authorization": authorization(credential, secret)}
            return _masked(await self._http(_with(request, shown)), request, headers | shown, secret)
        stale: str | None = None
        while True:
            token = await self._tokens.token(credential, secret, request.timeout, request.tls, stale)
            if isinstance(token, Failed):
                return _masked(token, request, headers, secret)
            shown = {"authorization": f"Bearer {token}"}
            ended = await self._http(_with(request, shown))
            if stale is not None or not isinstance(ended, Answered) or ended.status != 401:
                return _masked(ended, request, headers | shown, secret, token)
            stale = token

    def _login(self, credential: Mapping[str, Any], whom: Mapping[str, str]) -> Login:
        """Raises `NoSecret`, `OSError`."""
        password, session = credential["secret"], credential.get("sessiontoken")
        return Login(
            credential["identifier"], self._secret(password, whom[password]),
            None if session is None else self._secret(session, whom[session]),
        )  # fmt: skip

    def _own(self, state: State, whom: Mapping[str, str]) -> str | None:
        credential = state.get("sinkcredential") or {}
        identity = credential.get("secret") or credential.get("accesstoken")
        return None if identity is None else self._secret(identity, whom[identity])

    def _tls(self, state: State) -> ClientTls | None:
        said = state.get("tls")
        return None if not said else ClientTls(**{name: self._secret(each, "") for name, each in said.items()})


def _assertion(credential: Mapping[str, Any], key: str) -> str:
    """Raises `BadKey`."""
    now, identity = clock.now() // 1_000_000, clock.new_id()
    return assertion(key, credential["identifier"], credential["tokenurl"], now, identity, credential.get("keyid"))


def _with(request: Request, headers: Mapping[str, str], tls: ClientTls | None = None) -> Request:
    return request._replace(headers={**headers, **request.headers}, tls=tls or request.tls)


def _masked(ended: Answered | Failed, request: Request, shown: Mapping[str, str], *secrets: str) -> Exchange:
    """`shown` are the headers that hold secrets."""
    parts = (part for value in shown.values() for part in (value, value.partition(" ")[2]))
    kept = {name: value for name, value in request.headers.items() if name not in shown}
    return Exchange(_masking(*parts, *secrets).ended(ended), kept | dict.fromkeys(shown, MASK))


@lru_cache(4_096)
def _masking(*secrets: str) -> Masking:
    return Masking(secrets)
