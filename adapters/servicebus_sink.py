"""Events sent to queues and topics of Azure Service Bus: one request of HTTP each, with a shared access signature.

A queue that looks for duplicates leaves out what comes twice; in one with sessions those of one order stay in order.
"""

import base64
import hmac
import json
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from events.subscriptions.masking import Masking
from events.subscriptions.outgoing import Answered, Failed, Outgoing, Request
from events.subscriptions.places import place

Clock = Callable[[], int]
"""µs since the epoch."""
TOKEN_SECONDS: Final = 3_600
_LONGEST_SESSION: Final = 128  # characters


def servicebus_sink(http: Outgoing, now: Clock) -> Outgoing:
    async def send(request: Request) -> Answered | Failed:
        assert request.login is not None, "nobody is let in without a key"
        found = place(request.url)
        where = f"{found.url}{found.path}"
        shown = shared_access(request.login.user, request.login.password, where, _until(now()))
        headers = {**_headers(request), "authorization": shown}
        ended = await http(Request(f"{where}/messages", headers, request.body, request.timeout, tls=request.tls))
        return Masking([shown, shown.partition("&sig=")[2].partition("&")[0]]).ended(_answered(ended))

    return send


@lru_cache(1_024)
def shared_access(policy: str, key: str, where: str, until: int) -> str:
    """The header's value; `until` in s since the epoch. Source: Azure, Service Bus access control with SAS."""
    resource = quote(where.lower(), safe="")
    signature = base64.b64encode(hmac.digest(key.encode(), f"{resource}\n{until}".encode(), "sha256")).decode()
    return (
        f"SharedAccessSignature sr={resource}&sig={quote(signature, safe='')}&se={until}&skn={quote(policy, safe='')}"
    )


def _until(now: int) -> int:
    """The same for half of the time that it holds."""
    return (now // 1_000_000 // (TOKEN_SECONDS // 2) + 2) * (TOKEN_SECONDS // 2)


def _headers(request: Request) -> dict[str, str]:
    """Those of one's own are properties, in JSON."""
    about = request.about
    assert about is not None, "it is not HTTP that asks"
    session = about.order if len(about.order) <= _LONGEST_SESSION else sha256(about.order.encode()).hexdigest()
    known = {"MessageId": about.id, "Label": about.type, "SessionId": session}
    said = {"brokerproperties": json.dumps(known)}
    for name, value in request.headers.items():
        said[name.lower()] = value if name.lower() == "content-type" else json.dumps(value)
    return said


def _answered(ended: Answered | Failed) -> Answered | Failed:
    """What is not there says 410, which from an endpoint means that it wants nothing any more."""
    return ended._replace(status=404) if isinstance(ended, Answered) and ended.status == 410 else ended
