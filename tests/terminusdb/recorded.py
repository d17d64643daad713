"""The recorded exchanges of a real server, played against another one: what it answers otherwise, step by step."""

import base64
import gzip
import json
import re
from pathlib import Path

import aiohttp
from yarl import URL

EXCHANGES = Path(__file__).parents[3] / "shared" / "terminusdb" / "exchanges.jsonl"
_MASKED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|\d{10}\.\d+|_\d{3,}|[0-9a-z]{31}")
_ID = re.compile(r"[0-9a-z]{31}|UserDatabase/[\w-]{16}|[0-9a-f]{40,64}")


def recorded() -> list[dict]:
    with EXCHANGES.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Player:
    """Keeps what recorded values are called live, and one connection for each that a recording names."""

    def __init__(self, url: str) -> None:
        self._url, self._live = url, {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def play(self, exchange: dict) -> str | None:
        """What differs, `None` if nothing does."""
        asked, wanted = exchange["request"], exchange["response"]
        try:
            status, headers, body = await self._send(
                asked, asked.get("connection"), packed="said but not done" not in exchange["step"]
            )
        except aiohttp.ClientError:
            return None if wanted["status"] is None else "no answer"
        volatile = set(exchange["volatile"])
        self._learn(exchange, headers, body)
        if status != wanted["status"]:
            return f"status {status}, not {wanted['status']}: {str(body)[:300]}"
        if "Terminusdb-Data-Version" in wanted["headers"] and "terminusdb-data-version" not in headers:
            return "no data version"
        return _differs(wanted["body"], body, "/response/body", volatile, set(exchange.get("unordered", ())))

    async def _send(self, asked: dict, connection: str | None, *, packed: bool):
        headers = {name: self._named(value) for name, value in asked["headers"].items()}
        if headers.get("Authorization", "").startswith("Basic <"):
            headers["Authorization"] = _login(headers["Authorization"])
        data = _bytes(asked, self._named)
        if headers.get("Content-Encoding") == "gzip" and packed:
            data = gzip.compress(data)
        url = URL(self._url + self._named(asked["path"]), encoded=True)
        session = self._session(connection)
        skipped = [name for name in ("Content-Type", "Accept", "User-Agent", "Accept-Encoding") if name not in headers]
        async with session.request(
            asked["method"], url, headers=headers, data=data, skip_auto_headers=skipped
        ) as answer:
            raw = await answer.read()
            found = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, found, _body(raw, found)

    def _session(self, connection: str | None) -> aiohttp.ClientSession:
        name = connection or ""
        if name not in self._sessions:
            connector = aiohttp.TCPConnector(force_close=not connection, limit=1 if connection else 0)
            self._sessions[name] = aiohttp.ClientSession(connector=connector)
        return self._sessions[name]

    def _named(self, text: str) -> str:
        return _ID.sub(lambda found: self._live.get(found.group(), found.group()), text)

    def _learn(self, exchange: dict, headers: dict, body) -> None:
        live = {"headers": {n.title(): v for n, v in headers.items()}, "body": body}
        for pointer in exchange["volatile"]:
            one = _at(exchange["response"], pointer.removeprefix("/response"))
            other = _at(live, pointer.removeprefix("/response"))
            if isinstance(one, str) and isinstance(other, str):
                for was, now in zip(_ID.findall(one), _ID.findall(other), strict=False):
                    self._live[was] = now


def _login(said: str) -> str:
    user = {"Basic <admin>": "admin:root", "Basic <wrong>": "admin:wrong", "Basic <svc-ontology>": "svc-ontology:pw"}
    return "Basic " + base64.b64encode(user.get(said, "nobody:x").encode()).decode()


def _bytes(asked: dict, named) -> bytes | None:
    body = asked["body"]
    if body is None:
        return None
    text = body["text"] if isinstance(body, dict) and set(body) == {"text"} else json.dumps(body)
    return named(text).encode()


def _body(raw: bytes, headers: dict):
    if not raw:
        return None
    text = raw.decode()
    if "stream=true" in headers.get("content-type", "") and not text.startswith("Status:"):
        try:
            return {"lines": [json.loads(line) for line in text.splitlines()]}
        except ValueError:
            return {"text": text}
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}


def _canonical(value) -> str:
    return json.dumps(value, sort_keys=True)


def _at(value, pointer: str):
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


def _differs(wanted, found, at: str, volatile: set, unordered: set) -> str | None:
    if at in volatile:
        return None
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in wanted.keys() | found.keys():
            step = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
            if name not in wanted or name not in found:
                if step in volatile:
                    continue
                return (
                    f"{step}: {'extra' if name in found else 'missing'} {str(found.get(name, wanted.get(name)))[:200]}"
                )
            if wrong := _differs(wanted[name], found[name], step, volatile, unordered):
                return wrong
        return None
    if isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return f"{at}: {len(found)} items, not {len(wanted)}: {str(found)[:300]}"
        if at in unordered:
            wanted, found = (sorted(each, key=_canonical) for each in (wanted, found))
        wrong = (
            _differs(a, b, f"{at}/{i}", volatile, unordered) for i, (a, b) in enumerate(zip(wanted, found, strict=True))
        )
        return next(filter(None, wrong), None)
    if isinstance(wanted, str) and isinstance(found, str):
        wanted, found = _MASKED.sub("*", wanted), _MASKED.sub("*", found)
    return (
        None
        if wanted == found and isinstance(wanted, bool) == isinstance(found, bool)
        else f"{at}: {found!r:.300}, not {wanted!r:.300}"
    )
