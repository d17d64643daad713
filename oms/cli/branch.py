"""`oms branch`: the branches and tags of an ontology, and what may be done with them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.cutting import MinPosition, versions
from oms.cli.options import Deadline, Folder, Sending, spread
from oms.cli.output import Json, counted, print_fields, print_rows
from oms.cli.sending import send_given

if TYPE_CHECKING:
    from oms.settings import Settings

app = typer.Typer(help="Branches and tags.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="<env>/<service>/<purpose>.")]
On = Annotated[str | None, typer.Option("--on", help="Branch that keeps the commit of this.", show_default=False)]


@app.command("list")
def list_(
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted ones, too.")] = False,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """List the branches."""
    from queries.branches import branches

    with versions(_settings(folder, deadline), min_position) as opened:
        rows = [branch.json() for branch in branches(opened, deleted=deleted)]
    if not as_json:
        rows = [row | {"protected": _protection(row["protected"])} for row in rows]
    print_rows(rows, ["name", "state", "protected", "parent", "base", "updated", "updated_by"], as_json=as_json)


@app.command()
def show(
    name: Name,
    min_position: MinPosition = 0,
    deadline: Deadline = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show a branch. Where it comes from, its protection, what was merged into it."""
    from queries.branches import branch

    with versions(_settings(folder, deadline), min_position) as opened:
        row = branch(opened, name).json()
    print_fields(row, as_json=as_json)


@app.command()
@spread
def create(
    name: Name,
    parent: Annotated[
        str | None, typer.Option("--from", help="Its parent; the branch of the settings if not given.")
    ] = None,
    at: Annotated[
        int | None, typer.Option("--at", min=1, help="Position of the parent; its newest if not given.")
    ] = None,
    on: On = None,
    *,
    said: Sending,
) -> None:
    """Create a branch. It copies nothing, whatever the size of its parent."""
    data = {"name": name, "from": parent, "at": at}
    send_given("CreateBranch", data, said, on)


@app.command()
@spread
def protect(
    name: Name,
    approvals: Annotated[int, typer.Option("--approvals", min=0, help="How many a proposal needs.")] = 1,
    reviewers: Annotated[
        list[str] | None, typer.Option("--reviewer", help="Whose approval counts; anybody's if not given.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Protect it no more.")] = False,
    on: On = None,
    *,
    said: Sending,
) -> None:
    """Protect a branch. Nothing is written on it but what an approved proposal merges."""
    command = "UnprotectBranch" if off else "ProtectBranch"
    data = {"name": name} if off else {"name": name, "approvals": approvals, "reviewers": reviewers or None}
    send_given(command, data, said, on)


@app.command()
@spread
def archive(
    name: Name,
    on: On = None,
    *,
    said: Sending,
) -> None:
    """Close a branch: it stays readable."""
    send_given("ArchiveBranch", {"name": name}, said, on)


@app.command()
@spread
def restore(
    name: Name,
    on: On = None,
    *,
    said: Sending,
) -> None:
    """Open an archived or deleted branch again."""
    send_given("RestoreBranch", {"name": name}, said, on)


@app.command()
@spread
def delete(
    name: Name,
    on: On = None,
    *,
    said: Sending,
) -> None:
    """Delete a branch. What it wrote stays readable, and its name is not given again."""
    send_given("DeleteBranch", {"name": name}, said, on)


@app.command()
@spread
def tag(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters and digits, then also . _ and -: v1.2.")],
    at: Annotated[
        str | None,
        typer.Option("--at", help="A position, or a commit's id; the branch's newest commit if not given."),
    ] = None,
    on: Annotated[str | None, typer.Option("--branch", help="Whose commit.", show_default=False)] = None,
    *,
    said: Sending,
) -> None:
    """Give a commit a name, for ever."""
    place: dict[str, Any] = {} if at is None else {"at": int(at)} if len(at) < 20 and at.isdigit() else {"commit": at}
    send_given("TagCommit", {"name": name, **place}, said, on)


@app.command("tags")
def tags_(
    min_position: MinPosition = 0, deadline: Deadline = None, folder: Folder = None, as_json: Json = False
) -> None:
    """List the tags."""
    from queries.branches import tags

    with versions(_settings(folder, deadline), min_position) as opened:
        rows = [tag.json() for tag in tags(opened)]
    print_rows(rows, ["name", "branch", "position", "commit", "created", "created_by"], as_json=as_json)


def _protection(rule: dict[str, Any] | None) -> str:
    """`2 approvals of ana@desk, bo@desk`."""
    if rule is None:
        return ""
    of = f" of {', '.join(rule['reviewers'])}" if rule.get("reviewers") else ""
    return f"{counted(rule['approvals'], 'approval')}{of}"


def _settings(folder: object, deadline: object) -> "Settings":
    from oms.settings import load

    return load({"folder": folder, "deadline": deadline}).settings
