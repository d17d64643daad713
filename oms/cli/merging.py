"""`oms merge`, `oms rebase`, `oms revert`, `oms reset`: what moves changes between branches, and back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.changes import print_changes
from oms.cli.connecting import connected, run
from oms.cli.failures import Exit, Failure
from oms.cli.naming import Names, in_rids
from oms.cli.options import Branch, DryRun, Sending, spread
from oms.cli.output import cell, console, counted, print_rows
from oms.cli.sending import given, send_given, show
from oms.cli.texts import text_of

if TYPE_CHECKING:
    from documents.diff import Change
    from oms.client import Outcome

Resolve = Annotated[
    str | None, typer.Option("--resolve", help="ours or theirs: the answer to all conflicts without one of their own.")
]
Resolution = Annotated[
    Path | None, typer.Option("--resolution", help="File with answers: a JSON array of {key, path, choice, value?}.")
]
_SIGNS: Final = {"created": ("+", "green"), "changed": ("~", "yellow"), "deleted": ("-", "red")}


@spread
def merge(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The branch whose changes come over.")],
    into: Annotated[
        str | None, typer.Option("--into", help="The branch they come into; that of the settings if not given.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--preview", help="Tell what would come of it; write nothing.")
    ] = False,
    at: Annotated[int | None, typer.Option("--at", min=1, help="The source as of this position.")] = None,
    resolve: Resolve = None,
    resolution: Resolution = None,
    after: Annotated[str, typer.Option("--after", help="With --dry-run: go on behind this key.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="With --dry-run: entities to show.")] = 100,
    *,
    said: Sending,
) -> None:
    """Bring into a branch what another changed. All of it in one commit, or nothing."""
    data = {"source": source, "at": at, **_answers(resolve, resolution, said.flags(into), source)}
    if dry_run:
        _rehearse(data, {"after": after, "limit": limit}, said, into)
    else:
        send_given("MergeBranch", data, said, into)


@spread
def rebase(
    branch: Branch = None,
    onto: Annotated[
        int | None, typer.Option("--onto", min=1, help="Position of the parent; its newest if not given.")
    ] = None,
    resolve: Resolve = None,
    resolution: Resolution = None,
    dry_run: DryRun = False,
    *,
    said: Sending,
) -> None:
    """Let a branch begin at its parent as it is now. All that is its own comes on top. Theirs = the branch's own."""
    data = {"onto": onto, **_answers(resolve, resolution, said.flags(branch))}
    send_given("RebaseBranch", data, said, branch, dry_run=dry_run)


@spread
def revert(
    commit: Annotated[str, typer.Argument(metavar="COMMIT", help="The commit's id, or a position in it.")],
    branch: Branch = None,
    resolve: Resolve = None,
    resolution: Resolution = None,
    dry_run: DryRun = False,
    *,
    said: Sending,
) -> None:
    """Take back what one commit changed, and leave what came later. Theirs = as it was before."""
    named = {"position": int(commit)} if commit.isdecimal() and len(commit) < LONGEST_POSITION else {"commit": commit}
    data = {**named, **_answers(resolve, resolution, said.flags(branch))}
    send_given("RevertCommit", data, said, branch, dry_run=dry_run)


@spread
def reset(
    to: Annotated[str, typer.Argument(metavar="TO", help="A position, commit:ID or tag:NAME.")],
    branch: Branch = None,
    dry_run: DryRun = False,
    *,
    said: Sending,
) -> None:
    """Bring a branch back to what it was, by a new commit. Nothing is taken out of its history."""
    send_given("ResetBranch", _moment(to), said, branch, dry_run=dry_run)


def _rehearse(data: dict[str, Any], page: dict[str, Any], said: Sending, into: str | None) -> None:
    """What the merge would be answered, with what it would change and where it is in conflict, as far as that can be told."""
    from oms.client import Refused

    async def work() -> "tuple[Outcome, dict[str, Any] | None]":
        async with connected(**said.flags(into)) as client:
            outcome = await client.send("MergeBranch", given(data), message=said.message, dry_run=True)
            try:
                found = await client.preview_merge(**given(data | page))
            except Refused:  # what it is refused for, the outcome says
                return outcome, None
        return outcome, found if said.as_json else await _in_names(found, said)

    outcome, found = run(work())
    if found is not None and not said.as_json:
        _print(found)
        left = tuple(each for each in outcome.findings if not each.code.startswith(CONFLICT))
        outcome = outcome._replace(would=(), findings=left)
    show(outcome, said.flags(into), as_json=said.as_json, beside=found, source=data["source"])


async def _in_names(found: dict[str, Any], said: Sending) -> dict[str, Any]:
    """As the source calls things, and what only the target has as that does."""
    from oms.settings import load

    shown = json.dumps([found["changes"], found["conflicts"]])
    branches = [found[end]["branch"] for end in ("source", "target")]
    with Names(load(said.flags()).settings) as names:
        changes, conflicts = json.loads(await names.told(shown, found["position"], branches))
    return found | {"changes": changes, "conflicts": conflicts}


CONFLICT: Final = "MERGE_CONFLICT_"
LONGEST_SIDE: Final = 40  # characters
LONGEST_POSITION: Final = 20  # digits; a commit's id has 64


def _moment(to: str) -> dict[str, Any]:
    kind, colon, name = to.partition(":")
    if colon and kind in ("commit", "tag"):
        return {kind: name}
    if to.isdecimal() and len(to) < LONGEST_POSITION:
        return {"to": int(to)}
    raise Failure(f"{to!r} is no moment to go back to", "give a position, commit:ID or tag:NAME", Exit.USAGE)


def _answers(
    resolve: str | None, file: Path | None, flags: dict[str, Any], source: str | None = None
) -> dict[str, Any]:
    """Names of elements in the file become keys."""
    if file is None:
        return {"resolve": resolve}
    text = text_of(file)
    try:
        answers = json.loads(text)
    except ValueError as error:
        raise Failure(
            f"{file} holds no answers: {error}", "give a JSON array of {key, path, choice, value?}", Exit.USAGE
        ) from None
    for each in answers if isinstance(answers, list) else ():
        if isinstance(each, dict) and isinstance(each.get("key"), str):  # else the server says what is wrong
            each["key"] = in_rids(flags, each["key"], source)
    return {"resolve": resolve, "resolutions": answers}


def _print(found: dict[str, Any]) -> None:
    out = console()
    counts, source, target = found["counts"], found["source"], found["target"]
    out.print(f"{source['branch']} at {source['position']} into {target['branch']}", style="bold")
    since = " and ".join(f"{base['branch']} at {base['position']}" for base in found["bases"])
    out.print(f"since {since}" if since else f"{target['branch']} holds all of it")
    for change in found["changes"]:
        sign, style = _SIGNS[change["change"]]
        out.print(f"{sign} {change['key']}", style=style)
        if change["change"] == "changed":
            print_changes([_change(member) for member in change["members"]], margin="    ")
    if found["conflicts"]:
        rows = [
            {**each, **_sides(each), "place": each["key"] + each["path"], "": "" if each["open"] else "✓"}
            for each in found["conflicts"]
        ]
        print_rows(rows, ["", "kind", "place", "base", "ours", "theirs", "text"], as_json=False)
    out.print(
        f"{counts['created']:,} created, {counts['changed']:,} changed, {counts['deleted']:,} deleted; "
        f"{counted(counts['conflicts'], 'conflict')}, {counts['open']:,} of them open"
    )
    if "next" in found:
        out.print(f"more: --after {found['next']}")


def _sides(conflict: dict[str, Any]) -> dict[str, str]:
    """What the sides say, as much of it as fits beside the rest; `--json` has all."""
    said = {side: cell(conflict[side]) for side in ("base", "ours", "theirs") if side in conflict}
    return {side: text if len(text) <= LONGEST_SIDE else f"{text[: LONGEST_SIDE - 1]}…" for side, text in said.items()}


def _change(member: dict[str, Any]) -> "Change":
    from documents.diff import Change

    op = "add" if "was" not in member else "remove" if "value" not in member else "replace"
    return Change(op, member["path"], member.get("was"), member.get("value"))  # type: ignore[arg-type]  # one of the three
