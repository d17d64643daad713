"""`oms gateway`: who may come in by HTTP. The gateway itself is a part of `oms up`."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, complain, print_fields, print_rows

if TYPE_CHECKING:
    from oms.settings import Settings

app = typer.Typer(help="Who may come in by HTTP.", no_args_is_help=True, rich_markup_mode=None)
_VERBS: Final = {"webhooks": "see to webhooks"}
Principal = Annotated[
    str, typer.Argument(metavar="NAME", help="Whose commands these are; the author is NAME@<service>.")
]


@app.command()
def allow(
    name: Principal,
    may: Annotated[
        list[str] | None, typer.Option("--may", help="read, write or webhooks; else the first two. Repeatable.")
    ] = None,
    subscription: Annotated[
        list[str] | None,
        typer.Option("--subscription", help="Sees this endpoint alone in the portal, and nothing else. Repeatable."),
    ] = None,
    signs: Annotated[
        bool, typer.Option("--signs", help="No token: it signs what it sends, as Standard Webhooks have it.")
    ] = False,
    public: Annotated[
        str | None, typer.Option("--public", help="The sender's own key, whpk_…; it signs, too.", show_default=False)
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Let somebody in, with a new token or secret that is shown once. What NAME had before is over."""
    from oms.callers import RIGHTS, allow, trust
    from security.author import AuthorRefused
    from security.webhook_signatures import BadSecret

    if subscription and (signs or public or (may and set(may) != {"webhooks"})):
        raise Failure("--subscription is of a token that sees endpoints and may do nothing else", code=Exit.USAGE)
    rights = may or (["write"] if signs or public else ["webhooks"] if subscription else ["read", "write"])
    if wrong := sorted(set(rights) - set(RIGHTS)):
        raise Failure(f"there is no right {wrong[0]!r}", f"it is {' or '.join(RIGHTS)}", Exit.USAGE)
    settings = _settings(folder)
    try:
        shown = (
            trust(settings, name, rights, public) if signs or public else allow(settings, name, rights, subscription)
        )
    except AuthorRefused as error:
        cause = f"{name!r} is no name for somebody who is let in"
        remedy = "take one without blanks, brackets, quotes and @, and not `local`, who may speak for everybody"
        raise Failure(cause, remedy, Exit.USAGE) from error
    except BadSecret as error:
        raise Failure(str(error), code=Exit.USAGE) from error
    kind = "secret" if signs or public else "token"
    if as_json:
        print_fields({"name": name, kind: shown, "may": rights}, as_json=True)
        return
    typer.echo(shown)
    complain(
        f"This is the {kind} of {name}, who may {' and '.join(_VERBS.get(each, each) for each in rights)}. It is shown once."
    )


@app.command()
def callers(folder: Folder = None, as_json: Json = False) -> None:
    """Show who is let in, and what they may."""
    from oms.callers import CallersFile

    file = CallersFile(_settings(folder))
    known = file.known()
    rows = [
        {
            "name": each.principal,
            "by": "token" if each.token else "signature",
            "may": ", ".join(sorted(each.may)),
            "of": None if each.subscriptions is None else ", ".join(sorted(each.subscriptions)),
        }
        for each in known
    ]
    print_rows(rows, ["name", "by", "may", "of"], as_json=as_json)
    if not rows and not as_json:
        complain(
            f"nobody is let in: everybody's token was taken away; without {file.path} whoever is on this machine is"
            if file.begun()
            else "nobody was given a token yet: whoever is on this machine is let in, as `local`"
        )


@app.command()
def forget(name: Principal, folder: Folder = None, as_json: Json = False) -> None:
    """Let NAME in no more, from now on."""
    from oms.callers import forget

    if not forget(_settings(folder), name):
        raise Failure(f"nobody of the name {name!r} is let in", "`oms gateway callers` shows who is")
    if as_json:
        print_fields({"name": name, "forgotten": True}, as_json=True)
    else:
        typer.echo(f"{name} is let in no more")


def _settings(folder: Folder) -> "Settings":
    from oms.settings import load

    return load({"folder": folder}).settings
