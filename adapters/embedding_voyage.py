"""Voyage AI's embeddings: Anthropic has none of its own and names Voyage AI in its documentation."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from voyageai.client_async import AsyncClient
from voyageai.error import APIConnectionError, Timeout, VoyageError

from projectors.embedding.provider import Answer, Limits, Purpose, Space, failed

MODEL: Final = "voyage-4"
_FAMILY: Final = ("voyage-4-large", "voyage-4", "voyage-4-lite")  # one space for all three
_DIMENSIONS: Final = 1024
_TOKENS: Final = {"voyage-4-lite": 1_000_000, "voyage-3.5-lite": 1_000_000, "voyage-4": 320_000, "voyage-3.5": 320_000}
_INPUT_TYPES: Final[Mapping[Purpose, str]] = {"passage": "document", "query": "query"}


class VoyageProvider:
    def __init__(self, name: str, model: str, dimensions: int, options: Mapping[str, Any]) -> None:
        """`options`: api_key, base_url."""
        self._model = model or MODEL
        self.name, self.price = name, float(options.get("price", 0))
        self.space = Space("voyage-4" if self._model in _FAMILY else self._model, dimensions or _DIMENSIONS)
        self.limits = Limits(inputs=1_000, tokens=_TOKENS.get(self._model, 120_000))
        self._client = AsyncClient(options["api_key"], max_retries=1, base_url=options.get("base_url"))

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        try:
            answer = await self._client.embed(
                list(texts),
                model=self._model,
                input_type=_INPUT_TYPES[purpose],
                output_dimension=self.space.dimensions,
                truncation=True,
            )
        except VoyageError as error:
            away = isinstance(error, Timeout | APIConnectionError)
            headers = {name.lower(): value for name, value in dict(error.headers).items()}
            status = None if away else error.http_status
            raise failed(self.name, status, str(error), headers.get("retry-after")) from error
        return Answer(np.array(answer.embeddings, dtype=np.float32), answer.total_tokens)

    async def close(self) -> None:
        """It opens a session for each request."""
