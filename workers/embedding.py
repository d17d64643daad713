"""Keeps the similar view: first the texts, up to where the versions view is, then the vectors that they lack.

versions ─► texts + checkpoint, one transaction ─► passages without a vector ─► provider ─► vectors

Ended at any point it goes on where it was: texts follow from positions, vectors are kept under what their text says. A
provider that fails delays vectors alone: their passages wait, and are found by their words meanwhile.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from events.names import Key
from projectors.embedding.asking import Patience
from projectors.embedding.chain import Chain, NobodyAnswers, TextsRefused
from projectors.embedding.provider import Failed, Space, Vectors
from projectors.projector import FOREVER, Checkpoint, Place
from projectors.similar import Rendering
from projectors.similar_source import Due, Part, Source, Waits, again, part

BATCH: Final = 64  # passages to be embedded and stored at once
RETRY: Final = 60_000_000  # µs until what no provider took, or another space holds for now, is tried again
PATIENCE: Final = Patience(tries=3, seconds=60.0)


class SimilarView(Protocol):
    """The store: see `adapters.sqlite_similar.SqliteSimilar`."""

    async def checkpoint(self) -> Checkpoint: ...
    async def left_out(self) -> frozenset[tuple[int, str, Key]]: ...
    async def advance(self, further: Part, known: Checkpoint, /) -> None: ...
    async def pending(self, space: Space, after: int, most: int, now: int, /) -> list[Due]: ...
    async def store(self, space: Space, due: list[Due], rows: Vectors, /) -> None: ...
    async def wait(self, space: Space, due: list[Due], why: Waits, /) -> None: ...
    async def serve(self, space: Space, keep: list[Space], /) -> bool: ...


@dataclass(slots=True)
class Texts:
    """`step` until it returns 0, then again when the log has grown. `until`: a position at which it ends."""

    source: Callable[[], AbstractContextManager[Source]]
    view: SimilarView
    rendering: Rendering
    until: int = FOREVER

    async def step(self) -> int:
        """One part of the log further; the number of positions. Raises `ViewUnavailable`, `Overtaken`."""
        known = await self.view.checkpoint()
        left_out = [(position, (branch, key)) for position, branch, key in await self.view.left_out()]
        found = await asyncio.to_thread(self._part, known, left_out)
        if found is None:
            return 0
        await self.view.advance(found, known)
        return max(found.reached.position - known.position, 1)

    async def rewrite(self, anew: frozenset[Place]) -> None:
        """All texts of these objects. Raises `ViewUnavailable`, `Overtaken`."""
        known = await self.view.checkpoint()
        left_out = [(position, (branch, key)) for position, branch, key in await self.view.left_out()]

        def made() -> Part:
            with self.source() as source:
                return again(source, known, left_out, self.rendering, anew)

        await self.view.advance(await asyncio.to_thread(made), known)

    def _part(self, known: Checkpoint, left_out: list[tuple[int, Place]]) -> Part | None:
        with self.source() as source:
            return part(source, known, left_out, self.rendering, self.until)


@dataclass(slots=True)
class Embedding:
    """As `Texts`, with vectors behind them. `clock` in µs, `told` hears why vectors wait."""

    texts: Texts
    view: SimilarView
    chain: Chain
    clock: Callable[[], int]
    told: Callable[[Failed], None]
    _after: int = field(default=0, init=False)  # the last passage that was looked at

    async def step(self) -> int:
        """How many texts or vectors came; 0 where there is nothing to do for now. Raises what `Texts.step` raises."""
        return await self.texts.step() or await self.vectors()

    async def vectors(self) -> int:
        """One batch; the number of passages that have a vector now, or wait for a reason that is told."""
        space = self.chain.spaces[0]
        due = await self.view.pending(space, self._after, BATCH, self.clock())
        if not due and self._after:
            self._after = 0
            due = await self.view.pending(space, 0, BATCH, self.clock())
        if not due:
            return int(await self.view.serve(space, self.chain.spaces))
        await self._embed(space, due)
        self._after = due[-1].id
        return len(due)

    async def _embed(self, space: Space, due: list[Due]) -> None:
        try:
            embedded = await self.chain.embed([one.text for one in due], batch=BATCH, only=space, patience=PATIENCE)
        except TextsRefused as refused:
            await self._take(refused, space, due)
        except NobodyAnswers as failed:
            await self._wait(space, due, "EMBEDDING_UNAVAILABLE", failed, self.clock() + RETRY)
            await self._elsewhere([one for one in due if not one.held])
        else:
            await self.view.store(space, due, embedded.vectors)

    async def _elsewhere(self, due: list[Due]) -> None:
        """In the first other space that somebody embeds in; what has a vector there already is found by it."""
        for space in self.chain.spaces[1:]:
            with suppress(NobodyAnswers):
                try:
                    embedded = await self.chain.embed([one.text for one in due], only=space, patience=PATIENCE)
                    await self.view.store(space, due, embedded.vectors)
                except TextsRefused as refused:
                    await self._take(refused, space, due)
                return

    async def _take(self, refused: TextsRefused, space: Space, due: list[Due]) -> None:
        if refused.done:
            await self.view.store(space, [due[at] for at in refused.done], np.stack([*refused.done.values()]))
        await self._wait(space, [due[at] for at in refused.refused], "EMBEDDING_TEXT_REFUSED", refused, FOREVER)

    async def _wait(self, space: Space, due: list[Due], code: str, why: Failed, again: int) -> None:
        await self.view.wait(space, due, Waits(code, str(why), again))
        self.told(why)
