"""OpenAI's embeddings, from OpenAI itself, from Azure, or from any server that speaks as they do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import openai

from projectors.embedding.provider import Answer, Failed, Limits, Purpose, Space, failed

MODEL: Final = "text-embedding-3-small"
_DIMENSIONS: Final = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_SHORTENED: Final = "text-embedding-3"  # only these can be asked for fewer dimensions
API_VERSION: Final = "2024-10-21"


class OpenAIProvider:
    """Azure serves the same models, so the same spaces: `model` is the model, `deployment` how Azure calls it there."""

    limits = Limits(inputs=2_048, tokens=300_000)

    def __init__(self, name: str, model: str, dimensions: int, options: Mapping[str, Any]) -> None:
        """`options`: api_key, base_url; with `azure_endpoint` it is Azure: api_version, deployment, too."""
        model = model or MODEL
        self.name, self.price = name, float(options.get("price", 0))
        self.space = Space(model, dimensions or _DIMENSIONS[model])
        self._asked = options.get("deployment", model)
        self._shortened = model.startswith(_SHORTENED) and self.space.dimensions != _DIMENSIONS.get(model)
        self._client = _client(options)

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Answer:  # noqa: ARG002 it makes no difference
        size = self.space.dimensions if self._shortened else openai.omit
        try:
            answer = await self._client.embeddings.create(model=self._asked, input=list(texts), dimensions=size)
        except openai.OpenAIError as error:
            raise _failed(self.name, error) from error
        ordered = sorted(answer.data, key=lambda each: each.index)
        return Answer(np.array([each.embedding for each in ordered], dtype=np.float32), answer.usage.prompt_tokens)

    async def close(self) -> None:
        await self._client.close()


def _client(options: Mapping[str, Any]) -> openai.AsyncOpenAI:
    if "azure_endpoint" in options:
        return openai.AsyncAzureOpenAI(
            azure_endpoint=options["azure_endpoint"],
            api_version=options.get("api_version", API_VERSION),
            api_key=options["api_key"],
            max_retries=0,
        )
    return openai.AsyncOpenAI(api_key=options["api_key"], base_url=options.get("base_url"), max_retries=0)


def _failed(name: str, error: openai.OpenAIError) -> Failed:
    if isinstance(error, openai.APIStatusError):
        return failed(name, error.status_code, error.message, error.response.headers.get("retry-after"))
    return failed(name, None, str(error))
