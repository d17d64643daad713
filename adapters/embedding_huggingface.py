"""Embeddings of models on Hugging Face, by its inference API or a server of one's own (Text Embeddings Inference)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx2
import numpy as np
from huggingface_hub import AsyncInferenceClient
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

from projectors.embedding.provider import Answer, Limits, Purpose, Space, failed

MODEL: Final = "intfloat/multilingual-e5-small"
_DIMENSIONS: Final = {
    "intfloat/multilingual-e5-small": 384,
    "intfloat/multilingual-e5-base": 768,
    "intfloat/multilingual-e5-large": 1024,
    "BAAI/bge-m3": 1024,
}
_PREFIXED: Final = "e5-"  # these models are trained with the purpose in front of each text


class HuggingFaceProvider:
    limits = Limits(inputs=32, tokens=16_384)

    def __init__(self, name: str, model: str, dimensions: int, options: Mapping[str, Any]) -> None:
        """`options`: api_key, base_url (of a server of one's own)."""
        model = model or MODEL
        self.name, self.price = name, float(options.get("price", 0))
        self.space = Space(model, dimensions or _DIMENSIONS[model])
        self._prefixed = _PREFIXED in model
        where = {"base_url": options["base_url"]} if "base_url" in options else {"model": model}
        self._client = AsyncInferenceClient(provider="hf-inference", api_key=options["api_key"], **where)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        put = [f"{purpose}: {text}" for text in texts] if self._prefixed else list(texts)
        try:
            answer = await self._client.feature_extraction(put, normalize=True, truncate=True)
        except HfHubHTTPError as error:
            response = error.response
            raise failed(self.name, response.status_code, str(error), response.headers.get("retry-after")) from error
        except (InferenceTimeoutError, httpx2.HTTPError) as error:
            raise failed(self.name, None, f"{type(error).__name__} {error}") from error
        return Answer(np.asarray(answer, dtype=np.float32))

    async def close(self) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]  # the library's own lack
