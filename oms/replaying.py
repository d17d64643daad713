"""Builds views of a past moment in a file or folder of their own, which appears when they are whole.

into.part ── killed? the same replay goes on where it was ──► into
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.sqlite_file import copied
from adapters.view_files import live_path, make_live, view_path
from events import catalog
from oms import garbage
from oms.shelves import READ_MODELS, ReadModel
from projectors.projector import Checkpoint, Feed
from projectors.track import Track
from queries.replay import replay
from queries.upto import End
from queries.wanted import EVERYTHING, Wanted


class AlreadyThere(Exception):
    """What was to be made exists."""


class Plan(NamedTuple):
    """What is to be built. `names` of views, none = all; `onto`: an earlier replay, or a data folder, to begin with."""

    ontology: str
    end: End
    names: Sequence[str] = ()
    wanted: Wanted = EVERYTHING
    onto: Path | None = None
    within: bool = False  # it is a part of a plan with several views

    @property
    def models(self) -> list[ReadModel]:
        """Raises `LookupError` for an unknown view."""
        for name in self.names:
            if name not in READ_MODELS:
                raise LookupError(f"there is no view {name!r}; there are {', '.join(READ_MODELS)}")
        return [READ_MODELS[name] for name in self.names or READ_MODELS]

    @property
    def alone(self) -> bool:
        return len(self.models) == 1 and not self.within

    def written(self) -> bytes:
        """Equal for what makes equal views."""
        views = [(model.projector.name, model.projector.version) for model in self.models]
        parts = [None if of is None else sorted(of) for of in (self.wanted.branches, self.wanted.slugs)]
        return msgspec.json.encode([self.ontology, self.end, views, parts, str(self.onto or "")])

    def path(self, into: Path, model: ReadModel) -> Path:
        return into if self.alone else view_path(into, model.projector.name, model.projector.version)

    def made(self, into: Path, name: str) -> Path:
        """Where a view is, once it is built."""
        return into if self.alone else live_path(into, name)


class Built(NamedTuple):
    """Where the log ended, how many events each view parked, and where the views went on from."""

    reached: Checkpoint
    parked: Mapping[str, int]
    begun: int


Told = Callable[[int], None]
Beside = Callable[[Plan, Path], AbstractAsyncContextManager[Plan]]
"""(plan, where it is built): the part of it that is to be built here, while the rest is built in other processes."""


async def build(plan: Plan, feed: Feed, into: Path, told: Told, beside: Beside | None = None) -> Built:
    """One view: `into` is its file. Several: a folder that other commands can read with `--folder`.

    Raises `AlreadyThere`, `LookupError` for an unknown view, and what `replay` raises; then there is no `into`, and the
    same plan goes on where it stopped.
    """
    part, notes = _begun(plan, into)
    begun = None
    if beside is not None:
        async with beside(plan, part) as ours:
            begun = (await filled(ours, feed, part, told)).begun
    built = await filled(plan, feed, part, told)  # whatever the others did not
    if not plan.alone:
        for model in plan.models:
            make_live(part, model.projector.name, model.projector.version)
    part.rename(into)
    notes.unlink()
    return built if begun is None else built._replace(begun=begun)


async def filled(plan: Plan, feed: Feed, part: Path, told: Told) -> Built:
    """Bring the plan's views in `part` to its end. Raises what `replay` raises."""
    async with AsyncExitStack() as stack:
        tracks = []
        for model in plan.models:
            view = model.opened(plan.path(part, model), plan.ontology)
            stack.push_async_callback(view.close)
            tracks.append(Track(model.projector, view, await view.checkpoint(), wanted=_filter(plan.wanted)))
        begun = min(track.checkpoint.position for track in tracks)
        with garbage.calmly():
            reached = await replay(feed, tracks, catalog.proven, told)
        return Built(reached, {track.name: len(await track.view.parked()) for track in tracks}, begun)


def _filter(wanted: Wanted) -> Wanted | None:
    return None if wanted == EVERYTHING else wanted


def _begun(plan: Plan, into: Path) -> tuple[Path, Path]:
    """Where it is built until it is whole, and where is written what; there is what an earlier try left of this plan."""
    if into.exists():
        raise AlreadyThere(f"{into} is there already; name a new file or folder")
    part, notes = into.with_name(f"{into.name}.part"), into.with_name(f"{into.name}.part.plan")
    if not (part.exists() and notes.exists() and notes.read_bytes() == plan.written()):
        _drop(part)
        if plan.onto is not None:
            _copy(plan, plan.onto, part)
        notes.write_bytes(plan.written())
    return part, notes


def _copy(plan: Plan, onto: Path, part: Path) -> None:
    """Raises `ViewMissing`, `FileNotFoundError`."""
    for model in plan.models:
        name = model.projector.name
        source = onto if onto.is_file() else live_path(onto, name)
        target = plan.path(part, model)
        target.parent.mkdir(parents=True, exist_ok=True)
        copied(source, target)


def _drop(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    for suffix in ("", "-wal", "-shm"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
