"""Asks the similar view of a data folder: the question becomes vectors, these become passages, and these objects of a cut."""

import asyncio
from dataclasses import dataclass
from typing import Final

from adapters import system_clock
from adapters.view_files import ViewMissing
from events.findings import Finding, Refused
from oms.settings import Settings
from oms.shelves import Shelves
from oms.similar_store import SimilarStore
from oms.views import Elsewhere
from projectors.embedding.asking import Patience
from projectors.embedding.chain import Chain, NobodyAnswers, TextsRefused
from projectors.embedding.provider import Space, Vectors
from projectors.projector import ViewUnavailable
from projectors.similar import NAME
from queries.cuts import cut_said
from queries.freshness import Behind, at_least
from queries.similar import Alike, similar

PATIENCE: Final = Patience(tries=1, seconds=10.0)  # with a provider, while somebody waits


@dataclass(frozen=True, slots=True)
class Asked:
    """`type_name`: of which type, and of all below it; `None` = of any. `limit`: objects."""

    text: str
    type_name: str | None = None
    as_of: str = "now"
    limit: int = 10
    min_position: int = 0
    within: float = 10.0  # seconds to wait for it


@dataclass(slots=True)
class Finder:
    """For many questions: what the store has in memory stays there, and follows the view."""

    settings: Settings
    shelves: Shelves
    chain: Chain
    store: SimilarStore

    async def find(self, branch: str, asked: Asked) -> Alike:
        """Raises `Refused` (no text; an unknown branch, type or moment), `ViewUnavailable` where there is no view."""
        if not asked.text.strip():
            raise Refused(
                [Finding("SIMILAR_TEXT", "/text", "the text is empty, so nothing is like it; say what is looked for")]
            )
        if any("\ud800" <= each <= "\udfff" for each in asked.text):
            raise Refused(
                [Finding("SIMILAR_TEXT", "/text", "it is no text in UTF-8, or holds half of a surrogate pair")]
            )
        try:
            if asked.min_position:
                await self._wait(asked)
            vectors, notes = await self._embedded(asked.text, await asyncio.to_thread(self._searched))
            return await asyncio.to_thread(self._found, branch, asked, vectors, notes)
        except ViewMissing as missing:
            what = "it" if missing.name == NAME else str(missing.name)
            raise ViewUnavailable(NAME, f"{what} is not there", REMEDY) from missing

    async def _wait(self, asked: Asked) -> None:
        found = await at_least(Elsewhere(self.store.shelf), asked.min_position, within=asked.within)
        if isinstance(found, Behind):
            raise ViewUnavailable(NAME, f"it is at position {found.position}, not yet at {found.wanted}", "ask again")

    def _searched(self) -> list[Space]:
        """The space that serves first, then those that somebody of the chain embeds in and that hold something."""
        able = {space.name: space for space in self.chain.spaces}
        with self.store.reading() as view:
            return [able[held.name] for held in view.spaces if held.name in able and held.filled]

    async def _embedded(self, text: str, spaces: list[Space]) -> tuple[dict[str, Vectors], list[str]]:
        """The question in each space, and why not where it is not."""
        vectors, notes = {}, []
        for space in spaces:
            try:
                embedded = await self.chain.embed([text], "query", only=space, patience=PATIENCE)
                vectors[space.name] = embedded.vectors[0]
            except (NobodyAnswers, TextsRefused) as failure:
                notes.append(f"not searched by meaning in {space.name}: {failure}")
        return vectors, notes

    def _found(self, branch: str, asked: Asked, vectors: dict[str, Vectors], notes: list[str]) -> Alike:
        with self.shelves.versions() as versions, self.store.reading() as view:
            at = cut_said(versions, branch, asked.as_of, now=system_clock.now())
            found = similar(at, view, asked.text, vectors, asked.type_name, asked.limit)
            serving = next((each.name for each in view.spaces if each.serving), "")
            counts = view.coverage(serving)
            notes += [f"{number:,} wait for {serving}: {why} ({code})" for code, why, number in view.waiting(serving)]
            return Alike(
                at.position,
                branch,
                view.position(),
                counts.passages,
                counts.embedded,
                tuple(vectors),
                found,
                tuple(notes),
            )


REMEDY: Final = "`oms embed` makes it, and `oms up` keeps it from then on"
