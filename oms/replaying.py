"""Builds views of a past moment in a file or folder of their own, which appears when they are whole."""

import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.sqlite_view import SqliteView
from adapters.view_files import make_live, view_path
from events import catalog
from oms import garbage
from oms.shelves import READ_MODELS, ReadModel
from projectors.projector import Checkpoint, Feed
from projectors.track import Track
from queries.replay import replay


class AlreadyThere(Exception):
    """What was to be made exists."""


async def build(
    ontology: str, feed: Feed, names: Sequence[str], into: Path, told: Callable[[int], None]
) -> tuple[Checkpoint, Mapping[str, int]]:
    """Where the log ended, and how many events each view parked. No names = all views.

    One view: `into` is its file. Several: a folder that other commands can read with `--folder`.
    Raises `AlreadyThere`, `LookupError` for an unknown view, and what `replay` raises; then there is no `into`.
    """
    models = _models(names)
    async with _views(ontology, models, into) as views:
        tracks = [Track(m.projector, view, await view.checkpoint()) for m, view in zip(models, views, strict=True)]
        with garbage.calmly():
            reached = await replay(feed, tracks, catalog.proven, told)
        return reached, {track.name: len(await track.view.parked()) for track in tracks}


def _models(names: Sequence[str]) -> list[ReadModel]:
    for name in names:
        if name not in READ_MODELS:
            raise LookupError(f"there is no view {name!r}; there are {', '.join(READ_MODELS)}")
    return [READ_MODELS[name] for name in names or READ_MODELS]


@asynccontextmanager
async def _views(ontology: str, models: Sequence[ReadModel], into: Path) -> AsyncIterator[list[SqliteView[Any]]]:
    part = _part(into)
    paths = [_path(part, model, alone=len(models) == 1) for model in models]
    try:
        async with AsyncExitStack() as stack:
            views = []
            for model, path in zip(models, paths, strict=True):
                views.append(model.opened(path, ontology))
                stack.push_async_callback(views[-1].close)
            yield views
    except BaseException:
        _drop(part)
        raise
    if len(models) > 1:
        for model in models:
            make_live(part, model.projector.name, model.projector.version)
    part.rename(into)


def _path(part: Path, model: ReadModel, *, alone: bool) -> Path:
    return part if alone else view_path(part, model.projector.name, model.projector.version)


def _part(into: Path) -> Path:
    if into.exists():
        raise AlreadyThere(f"{into} is there already; name a new file or folder")
    part = into.with_name(into.name + ".part")
    _drop(part)
    return part


def _drop(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    for suffix in ("", "-wal", "-shm"):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
