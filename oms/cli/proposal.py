"""`oms proposal`: what a branch changed, offered to another one, reviewed and merged."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.cutting import MinPosition, versions
from oms.cli.failures import Exit, Failure
from oms.cli.options import Author, Deadline, Folder, Ontology
from oms.cli.output import Json, console, print_json, print_rows
from oms.cli.sending import SEEN, sent
from oms.cli.sending import show as show_outcome

if TYPE_CHECKING:
    from queries.proposals import Proposal

app = typer.Typer(
    help="Proposals: open, review, resolve conflicts, merge.", no_args_is_help=True, rich_markup_mode=None
)
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The proposal's number.", min=1)]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")]
_STYLES = {"OPEN": "green", "APPROVED": "bold green", "CHANGES_REQUESTED": "yellow", "MERGED": "magenta"}


@app.command("open")
def open_(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="One line: what it is for.")],
    source: Annotated[str, typer.Option("--source", help="The branch that has the changes.")],
    target: Annotated[
        str | None, typer.Option("--target", help="The branch to change; else the source's parent.", show_default=False)
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", help="Why, and what to look at.", show_default=False)
    ] = None,
    reviewer: Annotated[list[str] | None, typer.Option("--reviewer", help="Whom to ask; may be repeated.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Not ready to be reviewed yet.")] = False,
    author: Author = None,
    folder: Folder = None,
    ontology: Ontology = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Offer the changes of one branch to another."""
    said = {"source": source, "target": target, "title": title, "description": description, "reviewers": reviewer}
    data = {name: value for name, value in said.items() if value is not None} | {"draft": draft}
    flags = {"folder": folder, "ontology": ontology, "deadline": deadline, "author": author, "branch": source}
    show_outcome(sent("OpenProposal", data, flags, wait=SEEN), as_json=as_json)


@app.command("list")
def list_(
    over: Annotated[bool, typer.Option("--all", help="Those that are merged or closed, too.")] = False,
    min_position: MinPosition = 0,
    folder: Folder = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """List proposals, the newest first."""
    from oms.settings import load
    from queries.proposals import proposals

    with versions(load({"folder": folder, "deadline": deadline}).settings, min_position) as opened:
        rows = [each.row() for each in proposals(opened) if over or each.state["status"] not in ("MERGED", "CLOSED")]
    print_rows(rows, ["number", "status", "title", "source", "target", "author", "approvals"], as_json=as_json)


@app.command()
def show(
    number: Number,
    min_position: MinPosition = 0,
    folder: Folder = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Show a proposal: its reviews, tasks, conflicts and comments."""
    from oms.settings import load
    from queries.proposals import proposal

    with versions(load({"folder": folder, "deadline": deadline}).settings, min_position) as opened:
        found = proposal(opened, number)
        print_json(found.json()) if as_json else _print(found)


def _print(found: "Proposal") -> None:
    out, told = console(), found.json()
    out.print(f"#{told['number']} {told['title']}", style="bold")
    out.print(
        f"{told['status']}  {told['source']} → {told['target']}  by {told['author']}", style=_STYLES.get(told["status"])
    )
    if "description" in told:
        out.print(told["description"])
    stale = f"; no more since the source changed: {', '.join(told['staleApprovals'])}" if told["staleApprovals"] else ""
    out.print(f"approved by {', '.join(told['approvals']) or 'nobody'}, {told['approvalsNeeded']} needed{stale}")
    for author, text in told["changesRequested"].items():
        out.print(f"changes requested by {author}: {text}", style="yellow")
    for task in told["tasks"]:
        done = f"approved by {', '.join(task['approvals'])}" if task["approvals"] else "to be reviewed"
        out.print(f"  {task['name']}  {task['changes']:,} changes, {done}  ({task['resource']})")
    for conflict in told.get("checks", {}).get("conflicts", ()):
        out.print(f"  {conflict['kind']} {conflict['key']}{conflict['path']}: {conflict['text']}", style="red")
    for one in told["resolutions"]:
        out.print(f"  resolved {one['key']}{one['path']}: {one['choice']} by {one['author']}", style="green")
    for comment in told["comments"]:
        on = f" on {comment['on']}" if "on" in comment else ""
        out.print(f"{comment['number']}. {comment['author']}{on}, {comment['time']}: {comment['text']}")


@app.command()
def ready(number: Number, author: Author = None, folder: Folder = None, as_json: Json = False) -> None:
    """A draft may be reviewed now."""
    _say("MarkReady", number, {}, author, folder, as_json=as_json)


@app.command()
def assign(
    number: Number,
    add: Annotated[list[str] | None, typer.Option("--add", help="Whom to ask; may be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="Whom to ask no more.")] = None,
    author: Author = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Ask people to review it."""
    _say("AssignReviewers", number, {"add": add or [], "remove": remove or []}, author, folder, as_json=as_json)


@app.command()
def comment(
    number: Number,
    text: Text,
    on: Annotated[str | None, typer.Option("--on", help="The key it is about.", show_default=False)] = None,
    reply_to: Annotated[
        int | None, typer.Option("--reply-to", help="The comment it answers.", show_default=False)
    ] = None,
    author: Author = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Say something."""
    said = {"text": text, "on": on, "replyTo": reply_to}
    data = {name: value for name, value in said.items() if value is not None}
    _say("CommentOnProposal", number, data, author, folder, as_json=as_json)


@app.command()
def approve(
    number: Number,
    task: Annotated[str | None, typer.Option("--task", help="Only this resource.", show_default=False)] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take one's approval back.")] = False,
    author: Author = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """It is right as it is now."""
    if revoke:
        _say("RevokeApproval", number, {}, author, folder, as_json=as_json)
    elif task is None:
        _say("ApproveProposal", number, {}, author, folder, as_json=as_json)
    else:
        _say("ApproveTask", number, {"resource": task}, author, folder, as_json=as_json)


@app.command("request-changes")
def request_changes(
    number: Number, text: Text, author: Author = None, folder: Folder = None, as_json: Json = False
) -> None:
    """It is not right yet."""
    _say("RequestChanges", number, {"text": text}, author, folder, as_json=as_json)


@app.command()
def check(number: Number, author: Author = None, folder: Folder = None, as_json: Json = False) -> None:
    """Merge it without writing, and keep what was found: conflicts, and what there is to review."""
    _say("RunChecks", number, {}, author, folder, as_json=as_json)


@app.command()
def resolve(
    number: Number,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The conflict's key.")],
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="ours (the target's), theirs, base or custom.")],
    path: Annotated[str, typer.Option("--path", help="The conflict's path.")] = "",
    value: Annotated[str | None, typer.Option("--value", help="For custom: JSON.", show_default=False)] = None,
    author: Author = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Say what is to become of one place that is in conflict."""
    data: dict[str, Any] = {"key": key, "path": path, "choice": choice}
    if value is not None:
        data["value"] = _json(value)
    _say("ResolveConflict", number, data, author, folder, as_json=as_json)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        example = """a text is written '"A1"'"""
        raise Failure(f"--value is no JSON: {error}", example, Exit.USAGE) from None


@app.command()
def merge(
    number: Number,
    message: Annotated[str | None, typer.Option("--message", help="Why.", show_default=False)] = None,
    author: Author = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Merge it into its target, as one commit."""
    _say("MergeProposal", number, {}, author, folder, message=message, as_json=as_json)


@app.command()
def close(
    number: Number,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.", show_default=False)] = None,
    author: Author = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """It is not wanted; both branches stay as they are."""
    _say("CloseProposal", number, {} if reason is None else {"reason": reason}, author, folder, as_json=as_json)


@app.command()
def reopen(number: Number, author: Author = None, folder: Folder = None, as_json: Json = False) -> None:
    """It is wanted after all."""
    _say("ReopenProposal", number, {}, author, folder, as_json=as_json)


def _say(
    command: str,
    number: int,
    data: dict[str, Any],
    author: str | None,
    folder: Path | None,
    *,
    message: str | None = None,
    as_json: bool,
) -> None:
    """Sent on the proposal's target."""
    flags = {"folder": folder, "author": author, "branch": _target(number, folder)}
    show_outcome(sent(command, {"proposal": number, **data}, flags, message, SEEN), as_json=as_json)


def _target(number: int, folder: Path | None) -> str:
    from oms.settings import load
    from queries.proposals import proposal

    with versions(load({"folder": folder}).settings) as opened:
        return str(proposal(opened, number).state["target"])
