"""Providers in order: when one fails the next is asked, and vectors of two spaces are never put together.

openai ─► azure ─► local            space text-embedding-3-small/1536: openai, azure
└─ one space ─┘    another one      azure goes on where openai stopped; local begins anew, in its own space
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from projectors.embedding.asking import USUAL, Asking, Chance, Patience, Tally, Told
from projectors.embedding.provider import Failed, Later, Provider, Purpose, Space, Vectors

REST: Final = 30.0  # seconds for which a provider that gave up is not asked again, unless it is the last one


class Embedded(NamedTuple):
    """One row of `vectors` for each text, of length 1. `failures`: why those in front of `provider` did not answer."""

    space: Space
    provider: str
    vectors: Vectors
    failures: tuple[Failed, ...] = ()


class NobodyAnswers(Failed):
    """All providers failed; nothing was embedded."""

    def __init__(self, failures: Sequence[Failed]) -> None:
        self.failures = tuple(failures)
        super().__init__("embedding", "; ".join(map(str, failures)) or "there is no provider for that space")


class TextsRefused(Failed):
    """Some texts no provider of the space takes, even alone: `refused` says why by where they are; `done` has the others."""

    def __init__(self, provider: str, space: Space, refused: Mapping[int, str], done: Mapping[int, Vectors]) -> None:
        self.space, self.refused, self.done = space, refused, done
        at = min(refused)
        super().__init__(provider, f"text {at} is refused: {refused[at]}")


class Chain:
    """`told(failure)` hears of each provider that gave up. `aclose` after use."""

    def __init__(self, providers: Sequence[Provider], chance: Chance, told: Callable[[Failed], None]) -> None:
        """`providers`: at least one, all of different names."""
        self.providers, self._chance, self._told = tuple(providers), chance, told
        self.tallies = {provider.name: Tally() for provider in providers}
        self._resting: dict[str, float] = {}  # until when

    @property
    def spaces(self) -> list[Space]:
        """In order, each once."""
        return list(dict.fromkeys(provider.space for provider in self.providers))

    async def embed(
        self,
        texts: Sequence[str],
        purpose: Purpose = "passage",
        *,
        only: Space | None = None,
        batch: int = 100,
        patience: Patience = USUAL,
        progress: Told = lambda _: None,
    ) -> Embedded:
        """All texts in one space, `only` that one if it is given.

        Raises `NobodyAnswers`, `TextsRefused`, and `ValueError` for an empty text.
        """
        for at, text in enumerate(texts):
            if not text.strip():
                raise ValueError(f"text {at} is empty; it has no meaning to embed")
        failures: list[Failed] = []
        for space, providers in self._by_space(only):
            asking = Asking(texts, purpose, patience, self._chance, progress)
            for provider in providers:
                try:
                    await asking.ask(provider, self.tallies[provider.name], batch)
                except Failed as failure:
                    failures.append(failure)
                    self._rest(provider, failure)
                    continue
                if asking.refused:
                    raise TextsRefused(provider.name, space, asking.refused, asking.done)
                return Embedded(space, provider.name, _rows(asking, space), tuple(failures))
            progress(-len(asking.done))
        raise NobodyAnswers(failures)

    def _by_space(self, only: Space | None) -> Iterator[tuple[Space, list[Provider]]]:
        now = asyncio.get_running_loop().time()
        able = [each for each in self.providers if only is None or each.space == only]
        awake = [each for each in able if self._resting.get(each.name, 0.0) <= now] or able[-1:]
        ranked = sorted(awake, key=lambda each: self.spaces.index(each.space))
        for space, providers in groupby(ranked, key=lambda each: each.space):
            yield space, list(providers)

    def _rest(self, provider: Provider, failure: Failed) -> None:
        after = (failure.after if isinstance(failure, Later) else None) or REST
        self._resting[provider.name] = asyncio.get_running_loop().time() + after
        self._told(failure)

    async def aclose(self) -> None:
        for provider in self.providers:
            await provider.close()


def _rows(asking: Asking, space: Space) -> Vectors:
    if not asking.texts:
        return np.empty((0, space.dimensions), dtype=np.float32)
    return np.stack([asking.done[at] for at in range(len(asking.texts))])
