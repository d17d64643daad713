"""What every provider of vectors promises, spoken over its own library to a server that speaks its wire format."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from oms.embedding import asked, chain, provider
from projectors.embedding.asking import Patience
from projectors.embedding.chain import NobodyAnswers, TextsRefused
from projectors.embedding.provider import Denied, Later, Provider, TooMuch
from tests.embedding.wires import SIZE, Wire, vector, wire

KEY = {"api_key": "k"}


class NoLogin:
    """As much of Google's credentials as a request needs."""

    token, expired, quota_project_id, valid = "t", False, None, True


OPTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "openai:text-embedding-3-small": lambda url: KEY | {"base_url": f"{url}/v1"},
    "azure:text-embedding-3-small": lambda url: KEY | {"azure_endpoint": url, "deployment": "ours"},
    "cohere:embed-v4.0": lambda url: KEY | {"base_url": url},
    "huggingface:BAAI/bge-m3": lambda url: KEY | {"base_url": url},
    "gemini:gemini-embedding-001": lambda url: KEY | {"base_url": url},
    "gemini:gemini-embedding-2": lambda url: KEY | {"base_url": url},
    "vertex:text-embedding-005": lambda url: {
        "project": "p",
        "location": "l",
        "base_url": url,
        "credentials": NoLogin(),
    },
    "anthropic:voyage-4": lambda url: KEY | {"base_url": f"{url}/voyage"},
}


@dataclass
class Spoken:
    provider: Provider
    wire: Wire


def made(name: str, url: str) -> Provider:
    one = asked(f"{name}@{SIZE}")
    return provider(one, {one.provider: OPTIONS[name](url)})


@pytest.fixture(params=OPTIONS)
async def spoken(request: pytest.FixtureRequest) -> AsyncIterator[Spoken]:
    async with wire() as served:
        one = made(request.param, served.url)
        yield Spoken(one, served)
        await one.close()


async def test_each_text_has_its_own_vector_in_order(spoken):
    texts = [f"text {n} 항공편" for n in range(7)]
    answer = await spoken.provider.embed(texts, "passage")
    assert np.allclose(answer.vectors, [vector(text) for text in texts])
    assert answer.vectors.dtype == np.float32
    assert spoken.provider.space.dimensions == SIZE


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_passes_is_told_as_such_with_how_long_to_wait(spoken, status):
    spoken.wire.faults = [(status, {"Retry-After": "7"}, {"error": {"message": "slow down"}, "detail": "slow down"})]
    with pytest.raises(Later) as later:
        await spoken.provider.embed(["a"], "query")
    assert later.value.after == 7
    assert len(spoken.wire.asked) == 1, "retries are ours, not the library's"


async def test_a_request_that_is_too_large_is_told_apart(spoken):
    spoken.wire.most = 2
    with pytest.raises(TooMuch):
        await spoken.provider.embed(["a", "b", "c"], "passage")


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_who_may_not_ask_is_denied(spoken, status):
    spoken.wire.faults = [(status, {}, {"error": {"message": "no"}, "detail": "no"})]
    with pytest.raises(Denied):
        await spoken.provider.embed(["a"], "passage")


async def test_a_server_that_is_not_there_may_come_back(spoken):
    gone = made(
        next(name for name in OPTIONS if name.startswith(spoken.provider.name.split(":")[0])), "http://127.0.0.1:9"
    )
    with pytest.raises(Later):
        await gone.embed(["a"], "passage")
    await gone.close()


async def test_fewer_vectors_than_texts_are_never_taken(spoken):
    spoken.wire.short = 1
    one = chain([spoken.provider], lambda _: None)
    with pytest.raises(NobodyAnswers, match="2 × 8 numbers for 3 texts"):
        await one.embed(["a", "b", "c"], patience=Patience(1, 10))


async def test_large_requests_are_halved_and_one_bad_text_is_named(spoken):
    spoken.wire.most, spoken.wire.refused = 2, {"no"}
    one = chain([spoken.provider], lambda _: None)
    texts = [f"t{n}" for n in range(5)]
    embedded = await one.embed(texts)
    assert np.allclose((embedded.vectors**2).sum(axis=1), 1)
    assert embedded.vectors.shape == (5, SIZE)
    with pytest.raises(TextsRefused) as refused:
        await one.embed(["yes", "no", "also"])
    assert list(refused.value.refused) == [1]


@pytest.mark.parametrize(
    ("name", "passage", "query"),
    [
        ("cohere:embed-v4.0", ("input_type", "search_document"), ("input_type", "search_query")),
        ("anthropic:voyage-4", ("input_type", "document"), ("input_type", "query")),
    ],
)
async def test_the_purpose_is_said(name, passage, query):
    async with wire() as served:
        one = made(name, served.url)
        for purpose in ("passage", "query"):
            await one.embed(["a"], purpose)
        assert [(key, body[key]) for key, body in zip((passage[0], query[0]), served.asked, strict=True)] == [
            passage,
            query,
        ]
        await one.close()


async def test_google_is_asked_for_one_vector_a_text_and_told_what_for():
    async with wire() as served:
        one = made("gemini:gemini-embedding-001", served.url)
        await one.embed(["a", "b"], "query")
        requests = served.asked[0]["requests"]
        assert [each["content"]["parts"][0]["text"] for each in requests] == ["a", "b"]
        assert {each["taskType"] for each in requests} == {"RETRIEVAL_QUERY"}
        await one.close()


async def test_azure_has_the_space_of_openai_and_a_path_of_its_own():
    async with wire() as served:
        azure, openai = (
            made("azure:text-embedding-3-small", served.url),
            made("openai:text-embedding-3-small", served.url),
        )
        assert azure.space == openai.space
        await azure.embed(["a"], "passage")
        assert served.paths == ["/openai/deployments/ours/embeddings?api-version=2024-10-21"]
        await azure.close()
        await openai.close()


async def test_a_model_trained_with_prefixes_gets_them():
    async with wire() as served:
        one = provider(asked(f"huggingface@{SIZE}"), {"huggingface": KEY | {"base_url": served.url}})
        await one.embed(["a"], "query")
        assert served.asked[0]["inputs"] == ["query: a"]
        await one.close()
