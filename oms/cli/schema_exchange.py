"""`oms schema export` and `oms schema import`: a schema as RDF, SHACL, LinkML or JSON, and back."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import connected, run
from oms.cli.cutting import AsOf, MinPosition, cut_at, versions
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Deadline, Folder, Sending, spread
from oms.cli.output import print_json, print_rows
from oms.cli.sending import SEEN, show
from oms.cli.texts import text_of

if TYPE_CHECKING:
    from oms.client import Outcome
    from oms.settings import Settings
    from schemas.exchange.document import Document, Exchanged

FORMATS = "json, turtle, jsonld, shacl or linkml"


def export(
    form: Annotated[str, typer.Option("--format", help=f"{FORMATS}.")] = "json",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; else standard output.", dir_okay=False)
    ] = None,
    as_of: AsOf = "now",
    min_position: MinPosition = 0,
    branch: Branch = None,
    deadline: Deadline = None,
    folder: Folder = None,
) -> None:
    """Write the schema of a branch, as it is or as it was."""
    from oms.settings import load
    from schemas.exchange.formats import WRITE

    if form not in WRITE:
        raise Failure(f"there is no format {form}", f"one of {FORMATS}", Exit.USAGE)
    settings = load({"folder": folder, "branch": branch, "deadline": deadline}).settings
    text = WRITE[form](_there(settings, as_of, min_position))
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


@spread
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".json, .ttl, .jsonld or .yaml.", exists=True)],
    form: Annotated[
        str | None, typer.Option("--format", help=f"{FORMATS}; else by the file's name.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be said, and say nothing.")] = False,
    min_position: MinPosition = 0,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Make a schema say what a file says. One commit; nothing is taken away that the file lacks."""
    from oms.settings import load
    from schemas.exchange.commands import commands

    settings = load(said.flags(branch)).settings
    found = _read(file, form)
    there = _there(settings, "now", min_position)
    wanted, left = commands(found.document, there)
    plan = {
        "commands": wanted,
        "left": [each._asdict() for each in (*found.left_out, *left)],
    }
    outcome = None if dry_run or not wanted else _sent(wanted, file.name, said, branch)
    if said.as_json:
        print_json(plan | {"outcome": None if outcome is None else outcome._asdict()})
    else:
        _tell(plan)
        if outcome is not None:
            show(outcome, said.flags(branch), as_json=False)
    if outcome is not None and outcome.status == "rejected":
        raise typer.Exit(Exit.REFUSED)


def _there(settings: "Settings", as_of: str, min_position: int) -> "Document":
    from queries.schema_document import schema_document

    with versions(settings, min_position) as opened:
        return schema_document(cut_at(opened, settings.branch, as_of))


def _read(file: Path, form: str | None) -> "Exchanged":
    from schemas.exchange.document import NoSchema
    from schemas.exchange.formats import ENDS, WRITE, read

    form = form or ENDS.get(file.suffix)
    if form is None or form not in WRITE:
        raise Failure(f"{file}: its name says no format that is known", f"--format {FORMATS}", Exit.USAGE)
    text = text_of(file)
    try:
        return read(text, form)
    except NoSchema as error:
        raise Failure(f"{file} {error}", "mend the file, or name its --format", Exit.USAGE) from None


def _sent(wanted: list[dict[str, Any]], name: str, said: Sending, branch: str | None) -> "Outcome":
    async def work() -> "Outcome":
        async with connected(**said.flags(branch)) as client:
            return await client.commit(wanted, message=said.message or f"schema from {name}", wait=SEEN)

    return run(work())


def _tell(plan: dict[str, Any]) -> None:
    if not plan["commands"]:
        typer.echo("nothing to say: the schema says all of it")
    else:
        rows = [{"command": each["type"], "about": _about(each["data"])} for each in plan["commands"]]
        print_rows(rows, ["command", "about"], as_json=False)
    if plan["left"]:
        print_rows(plan["left"], ["place", "text"], as_json=False)


def _about(data: dict[str, Any]) -> str:
    named = (data.get(name) for name in ("type", "shared", "interface", "name"))
    element = next(name for name in named if isinstance(name, str))
    inside = data.get("property") or data.get("field") or data.get("link") or ""
    within = inside.get("name", "") if isinstance(inside, dict) else str(inside)
    return f"{element}.{within}" if within and "name" not in data else element
