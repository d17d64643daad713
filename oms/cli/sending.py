"""`oms send`: one command, and what became of it."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import connected, run
from oms.cli.failures import Exit, Failure
from oms.cli.naming import RID, Names
from oms.cli.options import Branch, Deadline, DryRun, Folder, Ontology, Sending, Wait, spread
from oms.cli.output import Json, print_json, print_rows
from oms.cli.texts import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oms.client import Outcome
    from oms.client.commands import Said
    from oms.client.messages import Would

SEEN = "projected:versions"  # what a reading command shows afterwards
EXAMPLE = """'{"type": "Airline"}'"""


@spread
def send(
    command: Annotated[str, typer.Argument(metavar="TYPE", help="The command, e.g. CreateObject.")],
    data: Annotated[str, typer.Option("--data", help="Its data: JSON, @FILE, or - for standard input.")],
    branch: Branch = None,
    expected: Annotated[
        int | None,
        typer.Option(
            "--expected", help="Position at which the target last changed; 0: it must not exist.", show_default=False
        ),
    ] = None,
    effective: Annotated[
        str | None, typer.Option("--effective", help="Since when it is true, RFC 3339.", show_default=False)
    ] = None,
    on_behalf_of: Annotated[
        str | None, typer.Option("--on-behalf-of", help="Whom you act for, <user>@<service>.", show_default=False)
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why you act for them; kept in the commit.", show_default=False)
    ] = None,
    identity: Annotated[
        str | None, typer.Option("--id", help="The command's id; the same one is decided once.", show_default=False)
    ] = None,
    wait: Wait = "outbox",
    dry_run: DryRun = False,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it in the durable queue, to be decided later.")] = False,
    *,
    said: Sending,
) -> None:
    """Send one command and show what became of it."""
    if dry_run and queue:
        raise Failure("a dry run is answered at once", "leave out --queue or --dry-run", Exit.USAGE)
    if queue and wait != "outbox":
        raise Failure("what is queued is decided later", "leave out --wait or --queue", Exit.USAGE)
    document = json_document(data)

    async def work() -> "Outcome | str":
        async with connected(**said.flags(branch)) as client:
            whole: Said = {"id": identity, "expected": expected, "message": said.message, "effective": effective}
            whole |= {"on_behalf_of": on_behalf_of, "reason": reason, "dry_run": dry_run}
            if queue:
                return await client.queue(command, document, **whole)
            return await client.send(command, document, wait=wait, **whole)

    told = run(work())
    if not isinstance(told, str):
        show(told, said.flags(branch), as_json=said.as_json)
    elif said.as_json:
        print_json({"command": told, "status": "queued"})
    else:
        typer.echo(f"queued (command {told}); ask for what became of it: oms outcome {told}")


def outcome(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The command's id.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is decided.")] = False,
    folder: Folder = None,
    ontology: Ontology = None,
    deadline: Deadline = None,
    as_json: Json = False,
) -> None:
    """Show what became of a command. It is remembered for some days, see `oms settings`."""

    async def work() -> "Outcome | None":
        async with connected(folder=folder, ontology=ontology, deadline=deadline) as client:
            return await client.wait(identity) if wait else await client.outcome(identity)

    told = run(work())
    if told is None:
        raise Failure(
            f"no command {identity} is remembered",
            "it was never decided, or too long ago; a queued one may come: --wait",
        )
    show(told, {"folder": folder, "ontology": ontology}, as_json=as_json)


def json_document(text: str, option: str = "--data") -> dict[str, Any]:
    """A JSON object from an argument: itself, `@FILE`, or `-`. Raises `Failure`."""
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = text_of(Path(text[1:]), option)
    try:
        text.encode()
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeError:
        why = f"{option} is no text in UTF-8, or holds half of a surrogate pair"
        raise Failure(why, f"give an object such as {EXAMPLE}, or @FILE", Exit.USAGE) from None
    except RecursionError:
        raise Failure(f"{option} is nested too deep", "make it flatter", Exit.USAGE) from None
    except ValueError as error:
        raise Failure(
            f"{option} is no JSON: {error}", f"give an object such as {EXAMPLE}, or @FILE", Exit.USAGE
        ) from None
    if not isinstance(document, dict):
        raise Failure(f"{option} is no JSON object", f"give one such as {EXAMPLE}", Exit.USAGE)
    return document


def _said(outcome: "Outcome") -> dict[str, Any]:
    said = {**outcome._asdict(), "findings": [finding._asdict() for finding in outcome.findings]}
    would = {"would": [each._asdict() for each in outcome.would], "wouldBe": said.pop("would_be")}
    del said["would"]
    return said if outcome.would_be is None else said | would


def _show_would(would: "Sequence[Would]", would_be: int) -> None:
    left = would_be - len(would)
    events = "1 event" if would_be == 1 else f"{would_be:,} events"
    typer.echo(f"nothing was written; {events} would be" + (f", {left:,} not shown" if would and left else ""))
    if not would:
        return
    rows = [{**each._asdict(), "data": json.dumps(each.data, ensure_ascii=False)} for each in would]
    print_rows(rows, ["type", "subject", "data"], as_json=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def send_given(
    command: str,
    data: Mapping[str, Any],
    said: Sending,
    branch: str | None,
    wait: str = "outbox",
    taken: Mapping[str, None] | None = None,
    *,
    dry_run: bool = False,
) -> None:
    """As `sent`, and show what became of it."""
    outcome = sent(command, data, said, branch, wait, taken, dry_run=dry_run)
    show(outcome, said.flags(branch), as_json=said.as_json, source=data.get("source"))


def sent(
    command: str,
    data: Mapping[str, Any],
    said: Sending,
    branch: str | None = None,
    wait: str = "outbox",
    taken: Mapping[str, None] | None = None,
    *,
    dry_run: bool = False,
) -> "Outcome":
    """What became of a command, with what was given of its data (`None` = not given), and `null` for what is `taken` away."""

    async def work() -> "Outcome":
        async with connected(**said.flags(branch)) as client:
            whole = {**given(data), **(taken or {})}
            return await client.send(command, whole, wait=wait, message=said.message, dry_run=dry_run)

    return run(work())


async def _in_names(outcome: "Outcome", flags: Mapping[str, object], source: str | None) -> "Outcome":
    from oms.settings import load

    settings = load(flags).settings
    with Names(settings) as names:
        said = json.dumps([[each.text for each in outcome.findings], [each[1:] for each in outcome.would]])
        texts, would = json.loads(
            await names.told(said, outcome.position, [settings.branch, *([source] if source else [])])
        )
    findings = (each._replace(text=text) for each, text in zip(outcome.findings, texts, strict=True))
    drafted = (type(each)(each.type, *told) for each, told in zip(outcome.would, would, strict=True))
    return outcome._replace(findings=tuple(findings), would=tuple(drafted))


def given(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def show(
    outcome: "Outcome",
    flags: Mapping[str, object],
    *,
    as_json: bool,
    beside: Mapping[str, object] | None = None,
    source: str | None = None,
) -> None:
    """Prints it, for people with names for RIDs; a rejected command ends with `REFUSED`. `beside`: more for programs.

    `source`: the branch of which it is told, too, as that calls things.
    """
    if as_json:
        print_json(_said(outcome) | dict(beside or {}))
    else:
        if RID in str(outcome):
            outcome = run(_in_names(outcome, flags, source))
        events = f", {len(outcome.events)} events" if len(outcome.events) != 1 else ", 1 event"
        typer.echo(f"{outcome.status} at position {outcome.position}{events} (command {outcome.command})")
        if outcome.would_be is not None:
            _show_would(outcome.would, outcome.would_be)
        if outcome.findings:
            print_rows([finding._asdict() for finding in outcome.findings], ["code", "path", "text"], as_json=False)
    if outcome.status == "rejected":
        raise typer.Exit(Exit.REFUSED)
