"""Texts into vectors, by a chain of providers: the one that is first in it, and where that fails the next.

    service = EmbeddingService(providers=[EmbeddingProvider.OPENAI, EmbeddingProvider.ANTHROPIC, EmbeddingProvider.LOCAL])
    embedded = await service.embed_batch(texts, batch_size=100, show_progress=True)
    embedded.vectors, embedded.space, embedded.failures

All vectors of one answer are of one space. `docs/embeddings.md` says what each provider needs.
"""

import secrets
import tomllib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from oms.about_settings import SettingRefused
from oms.settings import Settings, load
from projectors.embedding.chain import Chain, Embedded
from projectors.embedding.provider import Denied, Failed, Provider, Purpose

Options = Mapping[str, Mapping[str, Any]]
"""By provider: api_key, base_url, price and what else it takes."""


class EmbeddingProvider(StrEnum):
    """Who embeds. Azure serves OpenAI's models; Anthropic has none of its own and names Voyage AI."""

    OPENAI = "openai"
    AZURE = "azure"
    COHERE = "cohere"
    HUGGINGFACE = "huggingface"
    VERTEX = "vertex"
    GEMINI = "gemini"
    ANTHROPIC = "anthropic"
    LOCAL = "local"
    NGRAMS = "ngrams"


class _Made(NamedTuple):
    adapter: str
    maker: str
    extra: str
    needs: tuple[str, ...] = ()


_MADE: Final[Mapping[EmbeddingProvider, _Made]] = {
    EmbeddingProvider.OPENAI: _Made("embedding_openai", "OpenAIProvider", "openai", ("api_key",)),
    EmbeddingProvider.AZURE: _Made("embedding_openai", "OpenAIProvider", "openai", ("api_key", "azure_endpoint")),
    EmbeddingProvider.COHERE: _Made("embedding_cohere", "CohereProvider", "cohere", ("api_key",)),
    EmbeddingProvider.HUGGINGFACE: _Made("embedding_huggingface", "HuggingFaceProvider", "huggingface", ("api_key",)),
    EmbeddingProvider.VERTEX: _Made("embedding_google", "GoogleProvider", "google", ("project",)),
    EmbeddingProvider.GEMINI: _Made("embedding_google", "GoogleProvider", "google", ("api_key",)),
    EmbeddingProvider.ANTHROPIC: _Made("embedding_voyage", "VoyageProvider", "anthropic", ("api_key",)),
    EmbeddingProvider.LOCAL: _Made("embedding_local", "LocalProvider", ""),
    EmbeddingProvider.NGRAMS: _Made("embedding_ngrams", "NgramsProvider", ""),
}


class Asked(NamedTuple):
    """A link of a chain as settings write it: `openai`, `openai:text-embedding-3-large`, `openai:…@1024`."""

    text: str
    provider: EmbeddingProvider
    model: str = ""
    dimensions: int = 0


class Unusable(Exception):
    """A provider that cannot be asked as things are."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(f"{name}: {why}")


class EmbeddingService:
    """`async with`, or `close` after use. A provider that cannot be used is told and left out; one must be left.

    `providers`: in the order in which they are asked, also as `openai:model@dimensions`. `options`: see `Options`; else
    what the setting `embedding_credentials` names. `told(failure)` hears of each provider that gave up.
    """

    def __init__(
        self,
        providers: Sequence[EmbeddingProvider | str],
        *,
        options: Options | None = None,
        told: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        if options is None:
            options = credentials(load().settings.embedding_credentials)
        usable: list[Provider] = []
        for name in providers:
            try:
                usable.append(provider(asked(name), options))
            except Unusable as unusable:
                told(unusable)
        if not usable:
            raise Unusable(", ".join(providers) or "nobody", "none of these providers can be used")
        self.chain = chain(usable, told)

    async def embed_batch(
        self,
        texts: Sequence[str],
        batch_size: int = 100,
        show_progress: bool = False,
        purpose: Purpose = "passage",
    ) -> Embedded:
        """A vector for each text. `batch_size`: texts to a request at most; a provider's own limits hold, too.

        Raises what `Chain.embed` raises.
        """
        if not show_progress:
            return await self.chain.embed(texts, purpose, batch=batch_size)
        from oms.embedding_progress import bar

        done = 0
        with bar(len(texts)) as show:

            def told(more: int) -> None:
                nonlocal done
                done += more
                show(done, len(texts))

            return await self.chain.embed(texts, purpose, batch=batch_size, progress=told)

    async def close(self) -> None:
        await self.chain.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def chain(providers: Sequence[Provider], told: Callable[[Failed], None]) -> Chain:
    """With real chance."""
    return Chain(providers, lambda: secrets.randbits(32) / 2**32, told)


def configured(settings: Settings, told: Callable[[Exception], None]) -> Chain:
    """As the settings say; where the local model does not run, the pieces of words in its stead, which is told.

    Raises `SettingRefused` for a provider that cannot be used: to leave it out would change the space of all vectors.
    """
    options = credentials(settings.embedding_credentials)
    providers: list[Provider] = []
    for text in dict.fromkeys(settings.embedding_providers):
        try:
            link = asked(text)
            providers.append(provider(link, options))
        except Unusable as unusable:
            if unusable.name != EmbeddingProvider.LOCAL:
                raise SettingRefused("embedding_providers", text, unusable.why) from unusable
            told(unusable)
            providers.append(provider(asked(EmbeddingProvider.NGRAMS), options))
    return chain(providers, told)


def asked(text: str) -> Asked:
    """Raises `Unusable` for what is no provider, or no number of dimensions."""
    said, _, dimensions = text.partition("@")
    name, _, model = said.partition(":")
    if name not in list(EmbeddingProvider):
        raise Unusable(name, f"there is no such provider; there are {', '.join(EmbeddingProvider)}")
    if dimensions and not dimensions.isdecimal():
        raise Unusable(text, f"{dimensions!r} is no number of dimensions")
    return Asked(str(text), EmbeddingProvider(name), model, int(dimensions or 0))


def provider(asked: Asked, options: Options) -> Provider:
    """Its library is imported only now. Raises `Unusable`."""
    made, own = _MADE[asked.provider], options.get(asked.provider, {})
    if missing := [need for need in made.needs if need not in own]:
        raise Unusable(asked.provider, f"the setting embedding_credentials has no {' and no '.join(missing)} for it")
    if asked.provider is EmbeddingProvider.LOCAL:
        _must_fit()
    try:
        maker = getattr(import_module(f"adapters.{made.adapter}"), made.maker)
    except ImportError as error:
        raise Unusable(asked.provider, f"{error}; install oms[{made.extra}]") from error
    try:
        built: Provider = maker(asked.text, asked.model, asked.dimensions, own)
    except KeyError as unknown:
        text = (
            f"how many dimensions {unknown.args[0]} has is not known; write {asked.provider}:{unknown.args[0]}@NUMBER"
        )
        raise Unusable(asked.provider, text) from unknown
    return built


def _must_fit() -> None:
    from adapters.embedding_local import local_model_fits

    if not local_model_fits():
        text = "the model has no build for this machine; `ngrams` needs none, but finds the same words only, not what they mean"
        raise Unusable(EmbeddingProvider.LOCAL, text)


def credentials(path: str) -> Options:
    """What a file says of providers, a table for each. Raises `SettingRefused`."""
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingRefused("embedding_credentials", path, f"cannot be read: {error}") from error


__all__ = ["Denied", "Embedded", "EmbeddingProvider", "EmbeddingService", "Failed", "Unusable"]
