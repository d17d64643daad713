"""Requests to AWS, signed with Signature Version 4: the secret stays here, what is shown holds for minutes. Pure.

secret ─► day ─► region ─► service ─► key ─► HMAC of (time, scope, digest of the request as it is sent)
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


class Key(NamedTuple):
    """An access key, for one service in one region; `session`: the token of a temporary one."""

    id: str
    secret: str
    region: str
    service: str
    session: str | None = None


def aws_signed(
    key: Key, method: str, path: str, headers: Mapping[str, str], body: bytes, timestamp: int
) -> dict[str, str]:
    """The headers and those that sign them; all of these must be sent, `host` among them.

    `path` as it is sent, encoded once, without a query; names of headers in lower case; `timestamp` in s since the epoch.
    Source: AWS, Signature Version 4 for API requests.
    """
    moment = datetime.fromtimestamp(timestamp, UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = sha256(body).hexdigest()
    signed = {**headers, "x-amz-date": moment, "x-amz-content-sha256": digest}
    if key.session is not None:
        signed["x-amz-security-token"] = key.session
    names = sorted(signed)
    lines = [f"{name}:{' '.join(signed[name].split())}" for name in names]
    request = "\n".join([method, path, "", *lines, "", ";".join(names), digest])
    scope = [moment[:8], key.region, key.service, "aws4_request"]
    text = "\n".join([_ALGORITHM, moment, "/".join(scope), sha256(request.encode()).hexdigest()])
    secret = f"AWS4{key.secret}".encode()
    for each in scope:
        secret = hmac.digest(secret, each.encode(), "sha256")
    signature = hmac.digest(secret, text.encode(), "sha256").hex()
    shown = f"Credential={key.id}/{'/'.join(scope)}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return {**signed, "authorization": f"{_ALGORITHM} {shown}"}
