"""`oms rebuild`: what can be derived, derived again."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, complain, print_fields
from oms.cli.progress import Progress


def rebuild(
    name: Annotated[str, typer.Argument(metavar="heads|versions|audit|graph|similar", help="What to make anew.")],
    back: Annotated[
        bool, typer.Option("--back", help="Have the build before live again, once it has caught up and is verified.")
    ] = False,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Make a view anew from the log. Beside the live one; it is verified before readers have it, and OMS may run meanwhile.

    For heads, the write side's own view, it must not.
    """
    from oms.shelves import READ_MODELS

    if name not in ("heads", *READ_MODELS, "graph", "similar"):
        known = ", ".join(("heads", *READ_MODELS, "graph", "similar"))
        raise Failure(f"there is no {name!r} to rebuild", f"there are {known}", Exit.USAGE)
    flags = {"folder": folder, "ontology": ontology}
    if back and name not in (*READ_MODELS, "similar"):
        raise Failure(f"{name} has no build before", f"`oms rebuild {name}` makes it anew", Exit.USAGE)
    made: dict[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = {
        "heads": _heads, "graph": _graph, "similar": partial(_similar, back=back),
    }  # fmt: skip
    print_fields(run(made.get(name, partial(_view, name, back=back))(**flags)), as_json=as_json)


async def _view(name: str, *, back: bool, **flags: Any) -> dict[str, Any]:
    from oms import garbage
    from oms.settings import load
    from oms.shelves import kept
    from oms.sources import source
    from oms.views import brought_back, rebuilt

    settings = load(flags).settings
    with Progress(f"rebuilding {name}", "events") as told:

        def tell(what: str, at: int, last: int) -> None:
            told.what = f"{name}: {what}"
            told(at, f" of {last:,}")

        async with source("log", settings) as log:
            with garbage.calmly(), kept(settings) as shelves:
                made = await (brought_back if back else rebuilt)(shelves.shelf(name), name, log, tell)
    return {"rebuilt": name, "build": made.build, "position": made.position, "left_out": made.left_out}


async def _similar(*, back: bool, **flags: Any) -> dict[str, Any]:
    """Of the versions view, with the vectors that are there: nothing is embedded twice."""
    from contextlib import aclosing

    from adapters.view_files import ViewMissing
    from oms.embedding import configured
    from oms.settings import load
    from oms.shelves import kept
    from oms.similar import Keeping

    def say(error: Exception) -> None:
        complain(str(error))

    settings = load(flags).settings
    async with aclosing(configured(settings, say)) as chain:
        with kept(settings) as shelves, Progress("rebuilding similar", "texts") as told:
            store = shelves.similar()
            if store.shelf.live() is None:
                raise ViewMissing("similar", shelves.where)
            keeping = Keeping(settings, shelves, chain, say, store)
            made = await (keeping.back if back else keeping.rebuild)(lambda more: told(told.count + more))
    return {"rebuilt": "similar", "build": made.build, "position": made.position, "left_out": made.left_out}


async def _heads(**flags: Any) -> dict[str, Any]:
    from oms.adopting import rebuild_heads
    from oms.alone import alone
    from oms.settings import load
    from oms.sources import refuse_no_log, source

    settings = load(flags).settings
    refuse_no_log(settings)
    with Progress("rebuilding the heads", "events") as told:
        async with alone(settings), source("log", settings, alone=True) as log:
            count = await rebuild_heads(settings, log, lambda at, of: told(at, f" of {of:,}"))
    return {"rebuilt": "heads", "intervals": count}


async def _graph(**flags: Any) -> dict[str, Any]:
    from oms.graph import rebuilt
    from oms.settings import load

    settings = load(flags).settings
    with Progress("rebuilding the graph", "events") as told:

        def tell(what: str, at: int, last: int) -> None:
            told.what = f"graph: {what}"
            told(at, f" of {last:,}")

        made = await rebuilt(settings, tell)
    return {
        "rebuilt": "graph",
        "build": made.build,
        "position": made.position,
        "left_out": made.left_out,
    }
