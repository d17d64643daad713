"""Google's embeddings, by Vertex AI or the Gemini API."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx2
import numpy as np
from google import genai
from google.genai import errors, types

from projectors.embedding.provider import Answer, Limits, Purpose, Space, failed

MODEL: Final = "gemini-embedding-001"
_DIMENSIONS: Final = {"gemini-embedding-001": 3072, "gemini-embedding-2": 3072, "text-embedding-005": 768,
                      "text-multilingual-embedding-002": 768}  # fmt: skip
_TASKS: Final[Mapping[Purpose, str]] = {"passage": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}
_INPUTS: Final = 100  # to a request
_ALONE: Final = "gemini"  # of these models Vertex AI takes one


class GoogleProvider:
    def __init__(self, name: str, model: str, dimensions: int, options: Mapping[str, Any]) -> None:
        """`options`: api_key; or, for Vertex AI, project and location; base_url."""
        self._model = model or MODEL
        vertex = "project" in options
        self.name, self.price = name, float(options.get("price", 0))
        self.space = Space(self._model, dimensions or _DIMENSIONS[self._model])
        self.limits = Limits(1 if vertex and self._model.startswith(_ALONE) else _INPUTS, 20_000)
        who = (
            {"vertexai": True, "project": options["project"], "location": options.get("location", "us-central1")}
            if vertex
            else {"api_key": options["api_key"]}
        )
        self._http = httpx2.AsyncClient(timeout=None, follow_redirects=True)
        http = types.HttpOptions(
            base_url=options.get("base_url"),
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_async_client=self._http,
        )
        self._client = genai.Client(**who, http_options=http, credentials=options.get("credentials"))

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:
        # NOTE plain texts become the parts of one content, which has one vector
        contents: list[Any] = [types.Content(parts=[types.Part.from_text(text=text)]) for text in texts]
        asked = types.EmbedContentConfig(task_type=_TASKS[purpose], output_dimensionality=self.space.dimensions)
        try:
            answer = await self._client.aio.models.embed_content(model=self._model, contents=contents, config=asked)
        except errors.APIError as error:
            headers = getattr(error.response, "headers", {})
            raise failed(self.name, error.code, str(error.message), headers.get("retry-after")) from error
        except httpx2.HTTPError as error:
            raise failed(self.name, None, f"{type(error).__name__} {error}") from error
        found = answer.embeddings or []
        tokens = sum(int(each.statistics.token_count or 0) for each in found if each.statistics)
        return Answer(np.array([each.values for each in found], dtype=np.float32), tokens)

    async def close(self) -> None:
        await self._client.aio.aclose()
        await self._http.aclose()
