"""`oms export`, `oms restore`: the log as segments, and back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_fields, print_rows
from oms.cli.progress import Progress
from oms.cli.replaying import FromLog


def export(
    into: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder for the segments: oms-….ndjson.zst.")],
    first: Annotated[int, typer.Option("--from", min=1, help="First position.")] = 1,
    until: Annotated[int | None, typer.Option("--until", min=1, help="Last position.", show_default=False)] = None,
    events: Annotated[int, typer.Option("--events", min=1, help="Events in one segment at most.")] = 1_000_000,
    from_log: FromLog = "log",
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Write the log, or a stretch of it, into segments. The hash chain is proved on the way."""
    run(_export(into, first, until, events, from_log, as_json=as_json, folder=folder, ontology=ontology))


def restore(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A segment that begins at position 1, or a folder of segments.")
    ],
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Fill an empty data folder from segments. The same events at the same positions, byte for byte."""
    run(_restore(path, as_json=as_json, folder=folder, ontology=ontology))


async def _export(
    into: Path, first: int, until: int | None, events: int, from_log: str, *, as_json: bool, **flags: Any
) -> None:
    from oms.exporting import export
    from oms.settings import load
    from oms.sources import source

    settings = load(flags).settings
    with Progress("exporting", "events") as told:
        async with source(from_log, settings) as log:
            written = await export(settings.ontology, log, first, until, into, events, told)
    rows = [{"segment": str(s.path), "first": s.first, "last": s.last, "bytes": s.path.stat().st_size} for s in written]
    print_rows(rows, ["segment", "first", "last", "bytes"], as_json=as_json)


async def _restore(path: Path, *, as_json: bool, **flags: Any) -> None:
    from oms.exporting import restore
    from oms.settings import load

    settings = load(flags).settings
    with Progress("restoring", "events") as told:
        head = await restore(settings, path, told)
    print_fields({"folder": str(settings.folder), "position": head.position, "hash": head.hash}, as_json=as_json)
