"""Commands that name secrets: these are durable before the command is sent, and go again where it is not accepted."""

from typing import TYPE_CHECKING, Any, Final

import typer

from oms.cli.connecting import refuse_unbegun
from oms.cli.failures import Exit, Failure
from oms.cli.options import Sending
from oms.cli.output import complain
from oms.cli.sending import SEEN, sent, show
from oms.cli.webhook_showing import Showing
from oms.cli.webhook_tries import subscribed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adapters.secret_files import SecretFiles
    from oms.settings import Settings

_MEMBERS: Final = {"credential": "sinkcredential", "secret-headers": "secretheaders", "tls": "tls"}


def taken(without: list[str] | None) -> dict[str, None]:
    """What is taken away by `--without OPTION`. Raises `Failure`."""
    for each in without or ():
        if each not in _MEMBERS:
            raise Failure(f"--without {each} is nothing", f"it is one of {', '.join(_MEMBERS)}", Exit.USAGE)
    return {_MEMBERS[each]: None for each in without or ()}


def sent_with_secrets(
    command: str,
    data: "Mapping[str, Any]",
    said: Sending,
    branch: str | None,
    showing: Showing | None = None,
    signing: str | None = None,
    taken: "Mapping[str, None] | None" = None,
) -> None:
    """Send it with new secrets, one to sign with where `signing` says how. Those of a command that is not accepted go again."""
    from events.subscriptions.secret_ids import signs
    from oms.brokers import lacking
    from oms.secrets import made, secret_files, swept
    from oms.settings import load

    settings, name = load(said.flags(branch)).settings, str(data.get("subscription") or data["name"])
    files, new = secret_files(settings), list[str]()
    for each in lacking(str(data.get("sink") or ""), settings.webhook_brokers):
        complain(each)

    def keep(text: str, audience: str) -> str:
        refuse_unbegun(settings)
        new.append(files.keep(text, audience))
        return new[-1]

    def sink() -> str:
        return str(data.get("sink") or subscribed(name, said.folder)[1]["sink"])

    try:
        whole, shown = {**data, **(showing or Showing()).data(keep, sink)}, dict[str, object]()
        if signing is not None:
            refuse_unbegun(settings)
            secret = made(settings, signing, signs(name))
            new.append(secret.id)
            whole["secret"], shown["secret"] = secret.id, secret.shown
    except BaseException:
        _destroy(files, new)
        raise
    outcome = sent(command, whole, said, branch, SEEN, taken)  # where this fails nobody knows whether they are needed
    if outcome.status != "accepted":
        _destroy(files, new)
        show(outcome, said.flags(branch), as_json=said.as_json)
        return
    for each in _needless(settings, name):
        files.retire(each)
    swept(settings)
    if shown and not said.as_json:
        typer.echo(f"{shown['secret']}\nThis is what deliveries are verified with. It is shown once.")
    show(outcome, said.flags(branch), as_json=said.as_json, beside=shown)


def _needless(settings: "Settings", name: str) -> set[str]:
    """Secrets that a subscription, or an earlier one of that name, once had, and that none has use for."""
    from adapters import system_clock
    from events.subscriptions.secret_ids import ever, named
    from oms.cli.cutting import cut_at, versions
    from queries.subscriptions import history, subscriptions

    now = system_clock.now()
    with versions(settings, 0) as opened:
        cut = cut_at(opened, settings.branch, "now")
        had = {identity for version in history(cut, name) for identity in ever(version.state)}
        return had.difference(*(named(each.state, now) for each in subscriptions(cut)))


def _destroy(files: "SecretFiles", identities: "Iterable[str]") -> None:
    for each in identities:
        files.destroy(each)
