"""Cohere's embeddings, by its second API."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import numpy as np
from cohere import AsyncClientV2
from cohere.core.api_error import ApiError

from projectors.embedding.provider import Answer, Limits, Purpose, Space, failed

MODEL: Final = "embed-v4.0"
_DIMENSIONS: Final = {"embed-v4.0": 1536, "embed-multilingual-v3.0": 1024, "embed-english-v3.0": 1024}
_SHARED: Final = {"embed-v5.0-pro": "embed-v5.0", "embed-v5.0-fast": "embed-v5.0"}  # one space for both
_FIXED: Final = "v3.0"  # these have one size
_INPUT_TYPES: Final[Mapping[Purpose, str]] = {"passage": "search_document", "query": "search_query"}


class CohereProvider:
    limits = Limits(inputs=96, tokens=128_000)

    def __init__(self, name: str, model: str, dimensions: int, options: Mapping[str, Any]) -> None:
        """`options`: api_key, base_url."""
        self._model = model or MODEL
        self.name, self.price = name, float(options.get("price", 0))
        self.space = Space(_SHARED.get(self._model, self._model), dimensions or _DIMENSIONS[self._model])
        self._size = None if self._model.endswith(_FIXED) else self.space.dimensions
        base = {"base_url": options["base_url"]} if "base_url" in options else {}
        self._client = AsyncClientV2(options["api_key"], max_retries=0, **base)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        try:
            answer = await self._client.embed(
                model=self._model,
                texts=list(texts),
                input_type=_INPUT_TYPES[purpose],
                embedding_types=["float"],
                output_dimension=self._size,
                truncate="END",
            )
        except ApiError as error:
            headers = {name.lower(): value for name, value in (error.headers or {}).items()}
            raise failed(self.name, error.status_code, str(error.body), headers.get("retry-after")) from error
        except httpx.HTTPError as error:
            raise failed(self.name, None, f"{type(error).__name__} {error}") from error
        billed = answer.meta and answer.meta.billed_units
        vectors = np.array(answer.embeddings.float_ or [], dtype=np.float32)
        return Answer(vectors, int((billed and billed.input_tokens) or 0))

    async def close(self) -> None:
        await self._client._client_wrapper.httpx_client.httpx_client.aclose()  # noqa: SLF001 it has no other end
