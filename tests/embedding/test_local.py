"""What embeds without a network: the model in its process, and pieces of words where there is none."""

import numpy as np
import pytest

from adapters.embedding_local import LocalProvider, local_model_fits
from adapters.embedding_ngrams import NgramsProvider
from oms.embedding import EmbeddingProvider, EmbeddingService
from projectors.embedding.provider import Later

needs_model = pytest.mark.skipif(not local_model_fits(), reason="the model has no build for this machine")


@pytest.fixture
async def local():
    provider = LocalProvider("local", "", 0, {"threads": 1})
    yield provider
    await provider.close()


@needs_model
async def test_the_model_finds_what_is_meant_in_korean_and_english(local):
    passages = ["Incheon International Airport serves Seoul", "엔진 오일을 교체했다", "The invoice was paid in March"]
    stored = (await local.embed(passages, "passage")).vectors
    for query, expected in [("서울 공항", 0), ("engine maintenance", 1), ("청구서 결제", 2)]:
        asked = (await local.embed([query], "query")).vectors[0]
        assert int(np.argmax(stored @ asked)) == expected


@needs_model
async def test_a_process_that_dies_is_begun_anew(local):
    await local.embed(["a"], "passage")
    local._worker.kill()
    await local._worker.wait()
    assert (await local.embed(["a"], "passage")).vectors.shape == (1, 384)
    local._worker.stdin.write(b"no JSON\n")
    with pytest.raises(Later, match="its process ended"):
        await local.embed(["a"], "passage")
    assert (await local.embed(["a"], "passage")).vectors.shape == (1, 384)


async def test_pieces_of_words_are_alike_where_words_are():
    vectors = (await NgramsProvider("ngrams").embed(["항공기 정비", "항공기 정비사", "invoice"], "passage")).vectors
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] > 0.6 > abs(vectors[0] @ vectors[2])


async def test_a_chain_skips_who_cannot_be_asked_and_says_so(capsys):
    told = []
    providers = [EmbeddingProvider.OPENAI, EmbeddingProvider.ANTHROPIC, EmbeddingProvider.NGRAMS]
    async with EmbeddingService(providers, options={}, told=told.append) as service:
        embedded = await service.embed_batch(["a", "b"], batch_size=100, show_progress=True)
    assert embedded.provider == "ngrams"
    assert [unusable.name for unusable in told] == ["openai", "anthropic"]
    assert "2/2" in capsys.readouterr().err
