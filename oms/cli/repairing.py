"""`oms repair`, `oms adopt`: the log from its copies, the write side from the log."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder, Ontology
from oms.cli.output import Json, print_fields
from oms.cli.progress import Progress
from oms.cli.replaying import FromLog

if TYPE_CHECKING:
    from producers.repair import Repaired
    from producers.verify_log import Verified

What = Annotated[str, typer.Argument(metavar="log", help="The word `log`.")]


def repair(
    what: What,
    froms: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            help="A copy: outbox, audit, or a path (segments, an older data folder). Repeatable, the most trusted first.",
            show_default=False,
        ),
    ] = None,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Give a damaged log back byte for byte. Run it again if it was interrupted; OMS must not run meanwhile."""
    _only_log(what)
    run(_repair(froms or [], as_json=as_json, folder=folder, ontology=ontology))


def adopt(
    what: What,
    from_log: FromLog = "log",
    force: Annotated[bool, typer.Option("--force", help="Even if the outbox holds what the log does not.")] = False,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Make the write side anew from the log alone. The outbox, the heads and the answers to accepted commands."""
    _only_log(what)
    run(_adopt(from_log, force=force, as_json=as_json, folder=folder, ontology=ontology))


async def _repair(froms: list[str], *, as_json: bool, **flags: Any) -> None:
    from oms import alarms
    from oms.repairing import repair_log
    from oms.settings import load

    settings = load(flags).settings
    with Progress("repairing", "events") as told:
        found, repaired = await repair_log(settings, froms, lambda step, at, of: told(at, f" of {of:,}: {step}"))
    alarms.mended(settings.folder)
    print_fields(_told(found, repaired, str(settings.folder)), as_json=as_json)


def _told(found: "Verified", repaired: "Repaired | None", folder: str) -> dict[str, Any]:
    flaws = [f"{flaw.code} {flaw.first} to {flaw.last}: {flaw.text}" for flaw in found.flaws]
    if repaired is None:
        return {"repaired": False, "position": found.last, "hash": found.hash, "found": "the log is whole"}
    archived, quarantined = repaired
    if found.behind:
        flaws.append(f"{found.behind:,} events of the outbox were not there")
    return {
        "repaired": True,
        "position": archived.head,
        "hash": archived.hash,
        "found": flaws or "an unfinished repair",
        "quarantined": quarantined,
        "archive": f"{folder}/repair/{archived.archive}",
    }


async def _adopt(from_log: str, *, force: bool, as_json: bool, **flags: Any) -> None:
    from contextlib import AsyncExitStack

    from oms.adopting import adopt_log
    from oms.alone import alone
    from oms.settings import load
    from oms.sources import refuse_no_log, refuse_no_store, source

    settings = load(flags).settings
    (refuse_no_log if from_log == "log" else refuse_no_store)(settings)
    with Progress("adopting", "events") as told:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(alone(settings))
            log = await stack.enter_async_context(source(from_log, settings, alone=True))
            head, kept = await adopt_log(settings, log, lambda at, of: told(at, f" of {of:,}"), force=force)
    fields = {"position": head.position, "hash": head.hash, "kept": str(kept) if kept else None}
    print_fields(fields, as_json=as_json)


def _only_log(what: str) -> None:
    if what != "log":
        raise Failure(
            f"{what!r} cannot be repaired or adopted",
            "say `log`; views are made anew by `oms rebuild VIEW`",
            Exit.USAGE,
        )
