"""Bodies and parameters, as the server reads them: JSON values one behind the other, and what is cut off is not there."""

import json

from tests.terminusdb.double.refusals import Refusal, bad, missing, unhandled

_decoder = json.JSONDecoder(parse_constant=lambda _: (_ for _ in ()).throw(ValueError))


async def whole(call, truncated: bool) -> bytes:
    """The body of a write. Raises `Refusal` where its Content-Type is wrong."""
    kind = call.request.headers.get("Content-Type")
    if kind is None:
        text = "Missing 'Content-Type' header. Expected value: application/json, application/ld+json, or application/rdf+xml"
        body = {
            "@type": "api:MissingContentTypeErrorResponse",
            "api:message": text,
            "api:status": "api:failure",
        }
        raise Refusal(400, body)
    if kind.partition(";")[0].strip() != "application/json":
        body = {
            "@type": "api:BadContentTypeErrorResponse",
            "api:message": f"Bad 'Content-Type' header value: '{kind}'. Expected value: 'application/json'",
            "api:status": "api:failure",
        }
        raise Refusal(400, body)
    body = await call.body()
    return body[: len(body) * 2 // 3] if truncated else body


def many(body: bytes) -> list:
    """All values, lists taken apart. NOTE one that is cut off ends them, as if it had not begun."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise unhandled() from None
    values: list = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = _decoder.raw_decode(text, at)
            json.dumps(value, ensure_ascii=False).encode()
        except json.JSONDecodeError as error:
            if _cut_off(text, error):
                return values
            raise unhandled() from None
        except ValueError:
            raise unhandled() from None
        values += value if isinstance(value, list) else [value]
    return values


def told(api: str, query: dict) -> tuple[str, str]:
    """Author and message. Raises `Refusal`."""
    for name in ("author", "message"):
        if name not in query:
            raise missing(api, name)
        if not query[name]:
            raise bad(api, name, "non-empty string", query[name])
    return query["author"], query["message"]


def flag(api: str, query: dict, name: str, default: bool = False) -> bool:
    value = query.get(name)
    if value is None:
        return default
    if value in ("true", True):
        return True
    if value in ("false", False):
        return False
    raise bad(api, name, "boolean (true, false)", value)


def number(api: str, query: dict, name: str, default: int | None, wanted: str = "non-negative integer") -> int | None:
    value = query.get(name)
    if value is None:
        return default
    if not str(value).isdecimal():
        raise bad(api, name, wanted, value)
    return int(value)


def _cut_off(text: str, error: json.JSONDecodeError) -> bool:
    return error.pos >= len(text.rstrip()) or "Unterminated string" in error.msg
