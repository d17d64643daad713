"""Servers on loopback that speak as each provider does, with the faults that are asked of them."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import numpy as np
from aiohttp import web

from tests.receiver import serving

SIZE = 8


def vector(text: str, size: int = SIZE) -> list[float]:
    """The same for the same text, of any length but 0."""
    digest = sha256(text.encode()).digest()
    return [(digest[n % 32] + 1) / 100 for n in range(size)]


class Wire:
    """`faults` are answered first, one a request: `(status, headers, JSON)`. `asked` are the bodies of all requests."""

    def __init__(self) -> None:
        self.url = ""
        self.faults: list[tuple[int, dict[str, str], Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.most = 10**6  # texts that a request may hold
        self.refused: set[str] = set()
        self.short = 0  # vectors that are left out of an answer

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        self.paths.append(request.path_qs)
        if self.faults:
            status, headers, said = self.faults.pop(0)
            return web.json_response(said, status=status, headers=headers)
        texts = _texts(body)
        if len(texts) > self.most or self.refused.intersection(texts):
            return web.json_response(_complaint(request.path), status=400)
        return web.json_response(_answered(request.path, body, texts[: len(texts) - self.short]))


def _texts(body: dict[str, Any]) -> list[str]:
    if "requests" in body:
        return [each["content"]["parts"][0]["text"] for each in body["requests"]]
    if "instances" in body:
        return [each["content"] for each in body["instances"]]
    found = body.get("input", body.get("inputs", body.get("texts")))
    assert isinstance(found, list), body
    return found


def _complaint(path: str) -> dict[str, Any]:
    if path.endswith("/v2/embed"):
        return {"message": "too many or too long"}
    if path.endswith("/voyage/embeddings"):
        return {"detail": "too many or too long"}
    return {"error": {"code": 400, "message": "too many or too long", "status": "INVALID_ARGUMENT"}}


def _answered(path: str, body: dict[str, Any], texts: list[str]) -> Any:
    vectors = [vector(text) for text in texts]
    if "requests" in body:
        return {"embeddings": [{"values": each} for each in vectors]}
    if "instances" in body:
        return {"predictions": [{"embeddings": {"values": v, "statistics": {"token_count": 3}}} for v in vectors]}
    if path.endswith("/v2/embed"):
        meta = {"billed_units": {"input_tokens": 3 * len(texts)}}
        return {
            "id": "1",
            "texts": texts,
            "response_type": "embeddings_by_type",
            "embeddings": {"float": vectors},
            "meta": meta,
        }
    if "inputs" in body:
        return vectors
    encode = _packed if body.get("encoding_format") == "base64" else list
    data = [{"object": "embedding", "index": n, "embedding": encode(each)} for n, each in enumerate(vectors)]
    usage = {"prompt_tokens": 3 * len(texts), "total_tokens": 3 * len(texts)}
    data = data if path.startswith("/voyage") else data[::-1]  # OpenAI says the index, and no order
    return {"object": "list", "model": "m", "data": data, "usage": usage}


def _packed(numbers: list[float]) -> str:
    return base64.b64encode(np.array(numbers, dtype=np.float32).tobytes()).decode()


@asynccontextmanager
async def wire() -> AsyncIterator[Wire]:
    served = Wire()
    async with serving(web.post("/{path:.*}", served.answer)) as port:
        served.url = f"http://127.0.0.1:{port}"
        yield served
