"""`oms action`: what people may do, doing it or seeing what would come of it, and what was done."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import connected, run
from oms.cli.cutting import AsOf, MinPosition, Reading, cut_at, versions
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Deadline, Folder, Sending, spread
from oms.cli.output import Json, cell, console, print_json, print_rows
from oms.cli.parameters import typed
from oms.cli.sending import json_document
from oms.cli.sending import show as show_outcome

if TYPE_CHECKING:
    from oms.client import Outcome
    from queries.actions import Entry

app = typer.Typer(
    help="Actions: their types, applying them, what was done.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="API name of an action type, its slug or RID.")]


@app.command("list")
@spread
def list_(
    *,
    asked: Reading,
) -> None:
    """List the action types of a branch."""
    from queries.actions import action_types, newest_version

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        rows = [
            {
                "name": state["name"],
                "version": state["latest"],
                "enabled": state["enabled"],
                "status": state["status"],
                "parameters": ", ".join(newest_version(state)["parameters"]),
                "title": state.get("title") or state.get("description"),
            }
            for state in action_types(cut_at(opened, settings.branch, asked.as_of))
        ]
    print_rows(rows, ["name", "version", "enabled", "status", "parameters", "title"], as_json=asked.as_json)


@app.command("show")
def show(
    name: Name,
    version: Annotated[int, typer.Option("--version", help="Which version; 0: the newest.", min=0)] = 0,
    as_of: AsOf = "now",
    branch: Branch = None,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show an action type. Its parameters, criteria, edits and side effects."""
    state = _declared(name, as_of, branch, min_position, deadline, folder)
    number, told = version or state["latest"], _version(state, version)
    if as_json:
        print_json({**state, "version": number, "versions": {str(number): told}})
        return
    out = console()
    off = "" if state["enabled"] else ", disabled"
    out.print(state["name"], style="bold", end="  ")
    out.print(f"version {number} of {state['latest']}, {state['status']}{off}", style="dim")
    for label, text in _lines(told):
        out.print(f"  {label}  {text}")


@app.command("apply")
@spread
def apply(
    name: Name,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", help="NAME=VALUE; of a list once for each item.", show_default=False),
    ] = None,
    params: Annotated[
        str | None, typer.Option("--params", help="All of them: JSON, @FILE or -.", show_default=False)
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Tell what would be written; write nothing.")] = False,
    version: Annotated[int, typer.Option("--version", help="Which version; 0: the newest.", min=0)] = 0,
    identity: Annotated[
        str | None, typer.Option("--id", help="The command's id; the same one is decided once.", show_default=False)
    ] = None,
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Do what an action type says. All its edits are one commit, or none."""
    if param and params is not None:
        raise Failure("parameters are given twice", "use --param or --params", Exit.USAGE)
    values = {} if params is None else json_document(params, "--params")
    if param:
        state = _declared(name, "now", branch, 0, said.deadline, said.folder)
        values = typed(_version(state, version)["parameters"], param)
    data = {"action": name, "parameters": values} | ({"version": version} if version else {})

    async def work() -> "Outcome":
        async with connected(**said.flags(branch)) as client:
            return await client.send("ApplyAction", data, message=said.message, id=identity, dry_run=preview)

    show_outcome(run(work()), said.flags(branch), as_json=said.as_json)


@app.command("log")
@spread
def log(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Only what was done by this type.", show_default=False)
    ] = None,
    edited: Annotated[
        str | None,
        typer.Option("--edited", help="Only what edited this: object/<type's slug>/<key>.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="The newest so many.", min=1)] = 100,
    *,
    asked: Reading,
) -> None:
    """Show what was done. Which action, with which parameters, by whom, and what it edited."""
    from collections import deque

    from events.names import Key
    from queries.actions import applied

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        entity = None if edited is None else Key(edited)
        entries = deque(applied(cut_at(opened, settings.branch, asked.as_of), name, entity), maxlen=limit)
    if asked.as_json:
        print_json([entry.json() for entry in entries])
    else:
        print_rows(map(_row, entries), ["position", "time", "action", "author", "parameters", "edited"], as_json=False)


def _declared(name: str, as_of: str, branch: Any, min_position: int, deadline: Any, folder: Any) -> dict[str, Any]:
    from oms.settings import load
    from queries.actions import action_type

    settings = load({"folder": folder, "branch": branch, "deadline": deadline}).settings
    with versions(settings, min_position) as opened:
        return action_type(cut_at(opened, settings.branch, as_of), name)


def _version(state: dict[str, Any], number: int) -> dict[str, Any]:
    """What a version says, of 0 the newest. Raises `Failure`."""
    told: dict[str, Any] | None = state["versions"].get(str(number or state["latest"]))
    if told is None:
        raise Failure(f"{state['name']} has no version {number}", f"the newest is {state['latest']}")
    return told


def _lines(version: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, parameter in version["parameters"].items():
        flags = [flag for flag in ("array", "required") if parameter.get(flag)]
        said = [f"{each} {cell(parameter[each])}" for each in ("values", "target", "default") if each in parameter]
        yield "parameter", f"{name}: {', '.join([parameter['type'], *flags, *said])}"
    for criterion in version["criteria"]:
        yield "criterion", f"{criterion['cel']}  else {cell(criterion['message'])}"
    for edit in version["edits"]:
        yield "edit     ", cell(edit)
    for effect in version["sideEffects"]:
        yield "tells    ", cell(effect)


def _row(entry: "Entry") -> dict[str, Any]:
    from events.wire.instants import to_text

    return {
        "position": entry.position,
        "time": to_text(entry.time),
        "action": f"{entry.action} {entry.state['version']}",
        "author": entry.author,
        "parameters": entry.state["parameters"],
        "edited": ", ".join(entry.state["edited"]),
    }
