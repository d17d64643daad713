"""`oms proposal`: what a branch changed, offered to another one, reviewed and merged."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.cutting import MinPosition, versions
from oms.cli.failures import Exit, Failure
from oms.cli.naming import in_rids
from oms.cli.options import Deadline, DryRun, Folder, Sending, spread
from oms.cli.output import Json, console, counted, print_json, print_rows
from oms.cli.sending import SEEN, send_given

if TYPE_CHECKING:
    from queries.proposals import Proposal

app = typer.Typer(
    help="Proposals: open, review, resolve conflicts, merge.", no_args_is_help=True, rich_markup_mode=None
)
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The proposal's number.", min=1)]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")]
_STYLES = {"OPEN": "green", "APPROVED": "bold green", "CHANGES_REQUESTED": "yellow", "MERGED": "magenta"}


@app.command("open")
@spread
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
    *,
    said: Sending,
) -> None:
    """Offer the changes of one branch to another."""
    data = {"source": source, "target": target, "title": title, "description": description, "reviewers": reviewer}
    send_given("OpenProposal", data | {"draft": draft}, said, source, SEEN)


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
    from queries.proposals import OVER, proposals

    with versions(load({"folder": folder, "deadline": deadline}).settings, min_position) as opened:
        rows = [each.row() for each in proposals(opened) if over or each.state["status"] not in OVER]
    print_rows(rows, ["number", "status", "title", "source", "target", "author", "approvals"], as_json=as_json)


@app.command()
def show(
    number: Number,
    min_position: MinPosition = 0,
    folder: Folder = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Show a proposal. Its reviews, tasks, conflicts and comments."""
    from oms.settings import load
    from queries.proposals import proposal

    with versions(load({"folder": folder, "deadline": deadline}).settings, min_position) as opened:
        found = proposal(opened, number)
        told = found.json()
        print_json(told) if as_json else _print(json.loads(found.in_names(json.dumps(told))))


def _print(told: dict[str, Any]) -> None:
    out = console()
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
        whole = "approved with the whole" if told["approvals"] else "to be reviewed"
        done = f"approved by {', '.join(task['approvals'])}" if task["approvals"] else whole
        out.print(f"  {task['name']}  {counted(task['changes'], 'change')}, {done}  ({task['resource']})")
    for conflict in told.get("checks", {}).get("conflicts", ()):
        out.print(f"  {conflict['kind']} {conflict['key']}{conflict['path']}: {conflict['text']}", style="red")
    for one in told["resolutions"]:
        stale = "; answer it again: a branch has changed since" if one["stale"] else ""
        style = "yellow" if stale else "green"
        out.print(f"  resolved {one['key']}{one['path']}: {one['choice']} by {one['author']}{stale}", style=style)
    for comment in told["comments"]:
        on = f" on {comment['on']}" if "on" in comment else ""
        out.print(f"{comment['number']}. {comment['author']}{on}, {comment['time']}: {comment['text']}")


@app.command()
@spread
def ready(number: Number, *, said: Sending) -> None:
    """A draft may be reviewed now."""
    _say("MarkReady", number, {}, said)


@app.command()
@spread
def assign(
    number: Number,
    add: Annotated[list[str] | None, typer.Option("--add", help="Whom to ask; may be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="Whom to ask no more.")] = None,
    *,
    said: Sending,
) -> None:
    """Ask people to review it."""
    _say("AssignReviewers", number, {"add": add or [], "remove": remove or []}, said)


@app.command()
@spread
def comment(
    number: Number,
    text: Text,
    on: Annotated[str | None, typer.Option("--on", help="The key it is about.", show_default=False)] = None,
    reply_to: Annotated[
        int | None, typer.Option("--reply-to", help="The comment it answers.", show_default=False)
    ] = None,
    *,
    said: Sending,
) -> None:
    """Say something."""
    about = None if on is None else _key(number, on, said)
    _say("CommentOnProposal", number, {"text": text, "on": about, "replyTo": reply_to}, said)


@app.command()
@spread
def approve(
    number: Number,
    task: Annotated[
        str | None, typer.Option("--task", help="Only this resource: objectType/Flight.", show_default=False)
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take one's approval back.")] = False,
    *,
    said: Sending,
) -> None:
    """It is right as it is now."""
    if revoke:
        _say("RevokeApproval", number, {}, said)
    elif task is None:
        _say("ApproveProposal", number, {}, said)
    else:
        _say("ApproveTask", number, {"resource": _key(number, task, said)}, said)


@app.command("request-changes")
@spread
def request_changes(number: Number, text: Text, *, said: Sending) -> None:
    """It is not right yet."""
    _say("RequestChanges", number, {"text": text}, said)


@app.command()
@spread
def check(number: Number, *, said: Sending) -> None:
    """Merge it without writing, and keep what was found. Conflicts, and what there is to review."""
    _say("RunChecks", number, {}, said)


@app.command()
@spread
def resolve(
    number: Number,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The conflict's key; names will do: objectType/Flight.")],
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="ours (the target's), theirs, base or custom.")],
    path: Annotated[str, typer.Option("--path", help="The conflict's path.")] = "",
    value: Annotated[str | None, typer.Option("--value", help="For custom: JSON.", show_default=False)] = None,
    *,
    said: Sending,
) -> None:
    """Say what is to become of one place that is in conflict."""
    data: dict[str, Any] = {"key": _key(number, key, said), "path": path, "choice": choice}
    if value is not None:
        data["value"] = _json(value)
    _say("ResolveConflict", number, data, said)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        example = """a text is written '"A1"'"""
        raise Failure(f"--value is no JSON: {error}", example, Exit.USAGE) from None


@app.command()
@spread
def merge(
    number: Number,
    dry_run: DryRun = False,
    *,
    said: Sending,
) -> None:
    """Merge it into its target, as one commit."""
    _say("MergeProposal", number, {}, said, dry_run=dry_run)


@app.command()
@spread
def close(
    number: Number,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.", show_default=False)] = None,
    *,
    said: Sending,
) -> None:
    """It is not wanted; both branches stay as they are."""
    _say("CloseProposal", number, {"reason": reason}, said)


@app.command()
@spread
def reopen(number: Number, *, said: Sending) -> None:
    """It is wanted after all."""
    _say("ReopenProposal", number, {}, said)


def _say(command: str, number: int, data: dict[str, Any], said: Sending, *, dry_run: bool = False) -> None:
    """Sent on the proposal's target."""
    target = _found(number, said).state["target"]
    send_given(command, {"proposal": number, **data}, said, target, SEEN, dry_run=dry_run)


def _key(number: int, text: str, said: Sending) -> str:
    state = _found(number, said).state
    return in_rids(said.flags(state["target"]), text, state["source"])


def _found(number: int, said: Sending) -> "Proposal":
    from oms.settings import load
    from queries.proposals import proposal

    with versions(load(said.flags()).settings) as opened:
        return proposal(opened, number)
