"""Events published to topics of Google Cloud Pub/Sub: one request of HTTP each.

A service account shows a token that it signs itself, for Pub/Sub alone and for minutes: nobody is asked for one.
"""

import base64
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from events.subscriptions.masking import Masking
from events.subscriptions.outgoing import Answered, Failed, Outgoing, Request
from events.subscriptions.places import Place, place
from security.client_assertions import SECONDS, assertion

Clock = Callable[[], int]
"""µs since the epoch."""
_GOOGLE: Final = "pubsub.googleapis.com"


class BadAccount(ValueError):
    """It is not the file that Google gives out for a key of a service account; nothing of it stands in the message."""

    def __init__(self) -> None:
        super().__init__("it is no key of a service account, in the JSON that Google gives out")


class Account(NamedTuple):
    address: str
    key_id: str
    key: str  # PEM


class Shown(NamedTuple):
    header: str
    masking: Masking


def pubsub_sink(http: Outgoing, now: Clock) -> Outgoing:
    async def send(request: Request) -> Answered | Failed:
        assert request.login is not None, "nobody is let in without a key"
        found = place(request.url)
        try:
            shown = _shown(request.login.password, _audience(found), now() // 1_000_000 // (SECONDS // 2))
        except BadAccount as error:
            return Failed("no_credential", str(error), 0.0)
        headers = {"content-type": "application/json", "authorization": shown.header}
        url = f"{found.url}/v1{found.path}:publish"
        return shown.masking.ended(await http(Request(url, headers, _body(request), request.timeout, tls=request.tls)))

    return send


def service_account(text: str) -> Account:
    """Raises `BadAccount`."""
    try:
        said = json.loads(text)
        account = Account(said["client_email"], said["private_key_id"], said["private_key"])
        assertion(account.key, account.address, "", 0, "", account.key_id)
    except (ValueError, TypeError, LookupError, AttributeError):  # `BadKey` is a ValueError
        raise BadAccount from None
    return account


def _body(request: Request) -> bytes:
    assert request.about is not None, "it is not HTTP that asks"
    attributes = {name.lower(): value for name, value in request.headers.items() if value}
    data = base64.b64encode(request.body).decode()
    message = {"data": data, "attributes": attributes, "orderingKey": request.about.order}
    return json.dumps({"messages": [message]}).encode()


@lru_cache(1_024)
def _shown(key_file: str, audience: str, slot: int) -> Shown:
    """The same for half of the time that it holds. Source: AIP-4111. Raises `BadAccount`."""
    account = service_account(key_file)
    token = assertion(account.key, account.address, audience, slot * (SECONDS // 2), str(slot), account.key_id)
    return Shown(f"Bearer {token}", Masking([token, token.rpartition(".")[2]]))


def _audience(found: Place) -> str:
    """Regional addresses of Google's are Pub/Sub, too."""
    return f"https://{_GOOGLE}/" if found.hosts[0].endswith(_GOOGLE) else f"{found.url}/"
