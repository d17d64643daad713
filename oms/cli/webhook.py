"""`oms webhook`: who wants which events, and where; secrets are made here, on the machine that signs, and shown once."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from oms.cli.connecting import run
from oms.cli.cutting import Reading, cut_at, versions
from oms.cli.failures import Exit, Failure
from oms.cli.options import Branch, Sending, spread
from oms.cli.output import counted, print_fields, print_json, print_rows
from oms.cli.sending import SEEN, sent
from oms.cli.sending import show as show_outcome
from oms.cli.webhook_consent import consent
from oms.cli.webhook_expunge import expunge
from oms.cli.webhook_replay import replay
from oms.cli.webhook_secrets import sent_with_secrets, taken
from oms.cli.webhook_showing import Showing
from oms.cli.webhook_shown import preview, send_test
from oms.cli.webhook_stats import stats
from oms.cli.webhook_tail import tail
from oms.cli.webhook_terms import Wanting, member
from oms.cli.webhook_tries import recover, resend, tries

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(
    help="Webhooks and other subscriptions: who gets which events.", no_args_is_help=True, rich_markup_mode=None
)
_COLUMNS: Final = ("name", "status", "protocol", "sink", "objectTypes", "branches", "types", "filters")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The subscription's name.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why.", show_default=False)]


@app.command()
@spread
def register(
    name: Name,
    sink: Annotated[
        str, typer.Option("--sink", help="https://…, nats:SUBJECT, file:NAME, mailto:ADDRESS, or sqs://… and others.")
    ],
    paused: Annotated[
        bool, typer.Option("--paused", help="Only once it is resumed; nothing is missed until then.")
    ] = False,
    branch: Branch = None,
    *,
    wanting: Wanting,
    showing: Showing,
    said: Sending,
) -> None:
    """Carry events out to a sink from now on. Of an HTTP one the secret is shown, once."""
    data = wanting.data(sink)
    signing = data.get("config", {}).get("signing", "v1") if data["protocol"] == "HTTP" else None
    sent_with_secrets(
        "RegisterSubscription",
        {"name": name, **data, **({"paused": True} if paused else {})},
        said,
        branch,
        showing,
        signing,
    )


@app.command()
@spread
def update(
    name: Name,
    sink: Annotated[str | None, typer.Option("--sink", help="Another sink.", show_default=False)] = None,
    all_: Annotated[
        list[str] | None,
        typer.Option("--all", help="Not to be selected by any more: type, of, on or filters; may be repeated."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Not to be shown any more: credential, secret-headers or tls; may be repeated."),
    ] = None,
    branch: Branch = None,
    *,
    wanting: Wanting,
    showing: Showing,
    said: Sending,
) -> None:
    """Say it otherwise, for events from now on. What is not given stays."""
    away = dict.fromkeys(member(each) for each in all_ or ()) | taken(without)
    sent_with_secrets(
        "UpdateSubscription", {"subscription": name, **wanting.data(sink)}, said, branch, showing, taken=away
    )


@app.command()
@spread
def rotate(
    name: Name,
    overlap: Annotated[int, typer.Option("--overlap", help="Seconds the secret before is used, too.")] = 86_400,
    signing: Annotated[str, typer.Option("--signing", help="v1 (HMAC) or v1a (Ed25519).")] = "v1",
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Sign with a new secret. It is shown once; the one before is used for a while, too."""
    if signing not in ("v1", "v1a"):
        raise Failure(f"there is no signing {signing}", "v1 or v1a", Exit.USAGE)
    data = {"subscription": name, "overlap": overlap}
    sent_with_secrets("RotateSubscriptionSecret", data, said, branch, signing=signing)


@app.command()
@spread
def pause(name: Name, reason: Reason = None, branch: Branch = None, *, said: Sending) -> None:
    """Carry nothing out until it is resumed. What happens meanwhile is not lost."""
    _sent("PauseSubscription", {"subscription": name, "reason": reason}, said, branch)


@app.command()
@spread
def resume(name: Name, branch: Branch = None, *, said: Sending) -> None:
    """Go on where it was paused or disabled."""
    _sent("ResumeSubscription", {"subscription": name}, said, branch)


@app.command()
@spread
def disable(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    branch: Branch = None,
    *,
    said: Sending,
) -> None:
    """Carry nothing out. Nobody answers there, or nobody wants it."""
    _sent("DisableSubscription", {"subscription": name, "reason": reason}, said, branch)


@app.command()
@spread
def delete(name: Name, branch: Branch = None, *, said: Sending) -> None:
    """It is over. Its name may be given again."""
    sent_with_secrets("DeleteSubscription", {"subscription": name}, said, branch)


@app.command("list")
@spread
def list_(
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that are over, too.")] = False,
    *,
    asked: Reading,
) -> None:
    """List subscriptions. What each selects."""
    from queries.subscriptions import subscriptions

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        found = subscriptions(cut, deleted=deleted)
        print_rows([each.json() if asked.as_json else each.row() for each in found], _COLUMNS, as_json=asked.as_json)


@app.command()
@spread
def show(
    name: Name,
    *,
    asked: Reading,
) -> None:
    """Show a subscription. What it says, its secrets by their ids, how it is spared now, and how often it changed."""
    from oms.endpoints import sparing
    from queries.subscriptions import history, subscription

    settings = asked.settings()
    with versions(settings, asked.min_position) as opened:
        cut = cut_at(opened, settings.branch, asked.as_of)
        found = subscription(cut, name)
        changes = [{"position": each.since, "status": each.state["status"]} for each in history(cut, name)]
    told = found.json() | (run(sparing(settings, found.state)) if asked.as_of == "now" else {})
    if asked.as_json:
        print_json(told | {"history": changes})
        return
    print_fields(told, as_json=False)
    typer.echo(f"{counted(len(changes), 'version')}, the last at position {changes[-1]['position']:,}")


app.command()(consent)
app.command()(spread(replay))
app.command()(preview)
app.command("test")(send_test)
app.command()(stats)
app.command()(tail)
app.command()(tries)
app.command()(resend)
app.command()(recover)
app.command()(spread(expunge))


def _sent(command: str, data: "Mapping[str, Any]", said: Sending, branch: str | None) -> None:
    outcome = sent(command, data, said, branch, SEEN)
    show_outcome(outcome, said.flags(branch), as_json=said.as_json)
