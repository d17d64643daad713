"""`oms audit`: who did what, to which thing, when; is it all as it was written; and take it out of the house."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Folder, Ontology
from oms.cli.output import Json, complain, print_fields, print_rows

if TYPE_CHECKING:
    from oms.settings import Settings

app = typer.Typer(help="Who did what: search, verify, export, check.", no_args_is_help=True, rich_markup_mode=None)
_MOMENT: Final = "a date or an instant"
Actor = Annotated[str, typer.Option("--actor", help="Who did it, or for whom: whole, or what stands before @.")]
Since = Annotated[str, typer.Option("--since", help=f"From then on: {_MOMENT}.")]
Until = Annotated[str, typer.Option("--until", help=f"Before then: {_MOMENT}.")]
Text = Annotated[str, typer.Option("--text", help="What stands in a value.")]
Command = Annotated[str, typer.Option("--command", help="The id of the command.")]
Before = Annotated[
    int | None, typer.Option("--before", min=1, help="The next page: what is older.", show_default=False)
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Rows of a page.")]


@app.command()
def search(
    actor: Actor = "",
    resource: Annotated[
        str, typer.Option("--resource", help="Of what: object/Flight/UA-1, or object/Flight/ for all of them.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", help="What happened: object.updated, or object for all of it.")] = "",
    branch: Branch = None,
    since: Since = "",
    until: Until = "",
    text: Text = "",
    trace: Annotated[str, typer.Option("--trace", help="Part of the traceparent.")] = "",
    command: Command = "",
    before: Before = None,
    limit: Limit = 50,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Show what was done, newest first. With --json each with what it was before and after.

    Types go by the names they had then; --json says their RIDs as well.
    """
    from oms.cli.naming import stored
    from oms.shelves import kept
    from queries.audit import Search, told

    settings = _settings(folder, ontology)
    asked = Search(
        actor,
        stored(settings, resource) if resource else "",
        kind,
        branch or "",
        _time(since, "--since"),
        _time(until, "--until"),
        text,
        trace,
        command,
        before,
        limit,
    )
    with kept(settings) as shelves, shelves.audit() as audit:
        rows = [told(entry) for entry in audit.search(asked)]
    run(_name(rows, settings))
    if not as_json:
        rows = [row | {"resource": row["named"]} for row in rows]
    print_rows(rows, ["position", "time", "author", "on_behalf_of", "what", "branch", "resource"], as_json=as_json)
    _say_more(rows, "position", limit)


@app.command()
def refused(
    actor: Actor = "",
    branch: Branch = None,
    since: Since = "",
    until: Until = "",
    text: Text = "",
    command: Command = "",
    before: Before = None,
    limit: Limit = 50,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Show what was refused, newest first. Who asked for what, and why not."""
    from oms.shelves import kept
    from queries.audit import Refusals, why

    asked = Refusals(
        actor, branch or "", _time(since, "--since"), _time(until, "--until"), text, command, before, limit
    )
    with kept(_settings(folder, ontology)) as shelves, shelves.audit() as audit:
        rows = [why(number, refusal) for number, refusal in audit.refused(asked)]
    print_rows(rows, ["number", "time", "principal", "branch", "command", "codes"], as_json=as_json)
    _say_more(rows, "number", limit)


@app.command()
def incidents(
    actor: Actor = "",
    branch: Branch = None,
    since: Since = "",
    until: Until = "",
    text: Annotated[
        str, typer.Option("--text", help="What stands in the key or name of what was read or wanted.")
    ] = "",
    limit: Limit = 50,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Show who read encrypted values, and other incidents. What has no position; newest first."""
    from oms.shelves import kept
    from queries.audit import Refusals, incident

    asked = Refusals(actor, branch or "", _time(since, "--since"), _time(until, "--until"), text, limit=limit)
    with kept(_settings(folder, ontology)) as shelves, shelves.audit() as audit:
        rows = [incident(found) for found in audit.incidents(asked)]
    print_rows(rows, ["time", "kind", "principal", "origin", "branch", "what", "why"], as_json=as_json)
    _say_more(rows, "time", limit, "--until")


@app.command()
def evidence(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, as `oms audit incidents --json` says.")],
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Show the rows that a mending took away. What somebody wrote into the audit and the log does not have."""
    from oms.shelves import kept
    from queries.audit import taken

    with kept(_settings(folder, ontology)) as shelves, shelves.audit() as audit:
        rows = [taken(entry) for entry in audit.evidence(incident)]
    print_rows(rows, ["position", "time", "author", "on_behalf_of", "what", "branch", "resource"], as_json=as_json)


@app.command()
def redrive(folder: Folder = None, ontology: Ontology = None, as_json: Json = False) -> None:
    """Bring incidents that the audit could not take into it.

    They wait in audit_dlq_*.jsonl; `oms up` does so by itself.
    """
    settings = _settings(folder, ontology)
    print_fields({"brought": run(_redriven(settings))}, as_json=as_json)


@app.command()
def verify(folder: Folder = None, ontology: Ontology = None, as_json: Json = False) -> None:
    """Prove the audit from its own bytes, without the log. Each row follows the one before, and says what its event says.

    Whoever changes all rows behind one as well is found by `oms verify audit`, which compares with the log, or by
    the head of an earlier export.
    """
    found = run(_verified(_settings(folder, ontology)))
    print_fields(found, as_json=as_json)
    if not found["whole"]:
        raise typer.Exit(Exit.REFUSED)


@app.command()
def archive(
    before: Annotated[str, typer.Option("--before", help=f"What is older: {_MOMENT}.")],
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Let old rows leave the audit for segments. In the data folder, once these hold them.

    On PostgreSQL whole months leave. Verify, export, repair and replay read on; `oms audit search` does not.
    """
    print_fields(run(_archived(_settings(folder, ontology), _instant(before, "--before"))), as_json=as_json)


@app.command()
def export(
    into: Annotated[Path, typer.Argument(metavar="FILE", help="A new file of JSON Lines.")],
    first: Annotated[int, typer.Option("--from", min=1, help="First position.")] = 1,
    until: Annotated[int | None, typer.Option("--until", min=1, help="Last position.", show_default=False)] = None,
    folder: Folder = None,
    ontology: Ontology = None,
    as_json: Json = False,
) -> None:
    """Write events with their hashes into a file, signed. Ed25519; its last line says what it holds, and by whom."""
    from msgspec import structs

    print_fields(structs.asdict(run(_exported(_settings(folder, ontology), into, first, until))), as_json=as_json)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="What `oms audit export` wrote.")],
    key: Annotated[
        str,
        typer.Option("--key", help="The public key that must have signed it, in base64url; an export shows its own."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Prove an export. Nothing in it was changed since it was signed, and by whom it was."""
    from msgspec import structs

    from oms.auditing import examined
    from security.signed_lines import NotAsSigned

    try:
        seal = examined(path, key)
    except NotAsSigned as refused:
        raise Failure(f"{path}, {refused}", "take the file from another copy", Exit.CONFLICT) from refused
    print_fields(structs.asdict(seal), as_json=as_json)


async def _name(rows: list[dict[str, Any]], settings: "Settings") -> None:
    """Beside each resource what it was called then, on its branch."""
    from oms.cli.naming import Names

    with Names(settings) as names:
        for row in rows:
            row["named"] = await names.told(row["resource"], row["position"], [row["branch"], settings.branch])


async def _exported(settings: "Settings", into: Path, first: int, until: int | None) -> Any:
    from oms.auditing import exported
    from oms.cli.progress import Progress
    from oms.shelves import kept

    with Progress("exporting the audit", "events") as told, kept(settings) as shelves:
        return await exported(settings, shelves.audit_copy(), first, until, into, told)


async def _archived(settings: "Settings", before: int) -> dict[str, Any]:
    from oms.archiving import audit_archived
    from oms.cli.progress import Progress
    from oms.shelves import ARCHIVE

    with Progress("archiving the audit", "events") as told:
        left = await audit_archived(settings, before, lambda step, at, of: told(at, f" of {of:,}: {step}"))
    return {"folder": str(settings.folder / ARCHIVE), "archived": left.archived, "pruned": left.pruned}


async def _redriven(settings: "Settings") -> int:
    from adapters.incident_letters import IncidentLetters
    from oms.shelves import kept
    from projectors.incidents import redrive

    with kept(settings) as shelves:
        register = shelves.register()
        try:
            return await redrive(register, IncidentLetters(settings.folder))
        finally:
            await register.close()


async def _verified(settings: "Settings") -> dict[str, Any]:
    from oms.cli.progress import Progress
    from oms.shelves import kept
    from oms.views import verified
    from projectors.verify import Agreed
    from security.chain import ChainBroken

    with Progress("verifying the audit", "events") as told, kept(settings) as shelves:
        try:
            found = await verified(shelves, "audit", shelves.audit_copy(), told)
        except ChainBroken as broken:
            return {"position": broken.position, "whole": False, "result": f"{broken}; the first bad row"}
    if isinstance(found, Agreed):
        return {"position": found.position, "whole": True, "result": "each row follows the one before"}
    return {"position": found.position, "whole": False, "result": f"{found}; the first bad row"}


def _settings(folder: Path | None, ontology: str | None) -> "Settings":
    from oms.settings import load

    return load({"folder": folder, "ontology": ontology}).settings


def _time(text: str, option: str) -> int | None:
    return _instant(text, option) if text else None


def _instant(text: str, option: str) -> int:
    """Of a date or an instant, in µs."""
    from events.findings import Refused
    from queries.moments import AtInstant, moment

    try:
        found = moment(text)
    except Refused:
        found = None
    if not isinstance(found, AtInstant):
        raise Failure(f"{option}: {text!r} is no time", "write 2026-11-25 or 2026-11-25T21:00:00Z", Exit.USAGE)
    return found.instant


def _say_more(rows: list[dict[str, Any]], name: str, limit: int, option: str = "--before") -> None:
    if len(rows) == limit:
        complain(f"there may be more: {option} {rows[-1][name]}")
