"""`oms archive`: rows leave the outbox for segments that were read again."""

from typing import Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_fields
from oms.cli.progress import Progress


def archive(
    keep: Annotated[int, typer.Option("--keep", min=1, help="Rows that stay: the newest.")] = 10_000,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Let rows leave the outbox for segments. In the data folder, once these hold them; OMS may run meanwhile."""
    run(_archive(keep, as_json=as_json, folder=folder, ontology=ontology))


async def _archive(keep: int, *, as_json: bool, **flags: Any) -> None:
    from oms.archiving import archived
    from oms.settings import load
    from oms.shelves import ARCHIVE

    settings = load(flags).settings
    with Progress("archiving", "events") as told:
        left = await archived(settings, keep, lambda step, at, of: told(at, f" of {of:,}: {step}"))
    fields = {"folder": str(settings.folder / ARCHIVE), "archived": left.archived, "left": left.until}
    print_fields(fields | {"pruned": left.pruned}, as_json=as_json)
