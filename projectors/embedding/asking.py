"""Asks one provider for the vectors of many texts: several requests at once, again after a while, in halves if too large."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from projectors.embedding.packs import packs
from projectors.embedding.provider import Answer, Denied, Failed, Later, Provider, Purpose, TooMuch, Vectors

FIRST_WAIT: Final = 0.5  # seconds; doubles
LAST_WAIT: Final = 20.0

Chance = Callable[[], float]
"""0 ≤ x < 1."""
Told = Callable[[int], None]
"""How many more texts are done."""


@dataclass(slots=True)
class Tally:
    """What was asked of a provider so far: `seconds` that its answers took, `cost` by its price, `errors` by kind."""

    requests: int = 0
    texts: int = 0
    tokens: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    cost: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)

    def answered(self, texts: int, tokens: int, seconds: float, price: float) -> None:
        self.requests += 1
        self.texts += texts
        self.tokens += tokens
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)
        self.cost += tokens * price / 1e6

    def failed(self, error: Failed) -> None:
        kind = type(error).__name__
        self.errors[kind] = self.errors.get(kind, 0) + 1


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how many seconds each try may take."""

    tries: int = 5
    seconds: float = 60.0


USUAL: Final = Patience()


class Asking:
    """One run over texts. `done` keeps what was answered, by the texts' order, whatever happens to the rest; `refused`
    what a provider said of texts that it does not take, even alone.
    """

    def __init__(self, texts: Sequence[str], purpose: Purpose, patience: Patience, chance: Chance, told: Told) -> None:
        self.texts, self.purpose = texts, purpose
        self.patience, self.chance, self.told = patience, chance, told
        self.done: dict[int, Vectors] = {}
        self.refused: dict[int, str] = {}

    async def ask(self, provider: Provider, tally: Tally, batch: int) -> None:
        """What is not done yet. Raises `Later` or `Denied` when the provider gives up on it."""
        left = [at for at in range(len(self.texts)) if at not in self.done and at not in self.refused]
        several = asyncio.Semaphore(provider.limits.requests)

        async def one(some: Sequence[int]) -> None:
            async with several:
                await self._halving(provider, tally, some)

        inputs = min(batch, provider.limits.inputs)
        try:
            async with asyncio.TaskGroup() as tasks:
                for some in packs([self.texts[at] for at in left], inputs, provider.limits.tokens):
                    tasks.create_task(one([left[at] for at in some]))
        except ExceptionGroup as ended:  # NOTE what is raised out of an `except*` comes wrapped in early 3.11
            failures, others = ended.split(Failed)
            if failures is None or others is not None:
                raise
            raise _gravest(failures) from None

    async def _halving(self, provider: Provider, tally: Tally, some: Sequence[int]) -> None:
        try:
            answer = await self._trying(provider, tally, [self.texts[at] for at in some])
        except TooMuch as refused:
            if len(some) == 1:
                self.refused[some[0]] = str(refused)
                return
            half = len(some) // 2
            await self._halving(provider, tally, some[:half])
            await self._halving(provider, tally, some[half:])
            return
        self.done.update(zip(some, answer.vectors, strict=True))
        self.told(len(some))

    async def _trying(self, provider: Provider, tally: Tally, texts: Sequence[str]) -> Answer:
        for attempt in range(1, self.patience.tries + 1):
            try:
                return await self._once(provider, tally, texts)
            except Later as later:
                if attempt == self.patience.tries:
                    raise
                await asyncio.sleep(_wait(attempt, later.after, self.chance()))
        raise AssertionError("somebody tries at least once")

    async def _once(self, provider: Provider, tally: Tally, texts: Sequence[str]) -> Answer:
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(self.patience.seconds):
                answer = await provider.embed(texts, self.purpose)
            answer = Answer(_fitting(provider, texts, answer.vectors), answer.tokens)
        except TimeoutError as error:
            late = Later(provider.name, f"no answer within {self.patience.seconds:g} s")
            tally.failed(late)
            raise late from error
        except Failed as error:
            tally.failed(error)
            raise
        tally.answered(len(texts), answer.tokens, now() - began, provider.price)
        return answer


def _fitting(provider: Provider, texts: Sequence[str], vectors: Vectors) -> Vectors:
    """Of length 1 each, so that their product is how alike they are. Raises `Denied` for what cannot be the texts' vectors."""
    wanted = (len(texts), provider.space.dimensions)
    if vectors.shape != wanted:
        found = " × ".join(map(str, vectors.shape))
        raise Denied(provider.name, f"it answered {found} numbers for {wanted[0]} texts in {wanted[1]} dimensions")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise Denied(provider.name, "it answered a vector that points nowhere")
    return np.asarray(vectors / lengths, dtype=np.float32)


def _wait(attempt: int, after: float | None, chance: float) -> float:
    """Seconds before the next try: what the provider asked for, else 0.5·2^(attempt-1), at most 20; up to half as much again."""
    usual = min(FIRST_WAIT * 2.0 ** (attempt - 1), LAST_WAIT)
    return (usual if after is None else after) * (1 + chance / 2)


def _gravest(failures: BaseExceptionGroup[Failed]) -> Failed:
    """Of several, one that does not pass by itself."""
    return min(_leaves(failures), key=lambda each: isinstance(each, Later))


def _leaves(group: BaseExceptionGroup[Failed]) -> list[Failed]:
    return [
        leaf
        for each in group.exceptions
        for leaf in (_leaves(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]
