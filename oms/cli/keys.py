"""`oms keys`: what the key store holds, in numbers, and keys to sign with; no secret is ever shown."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oms.cli.connecting import run
from oms.cli.failures import Exit, Failure
from oms.cli.options import Folder
from oms.cli.output import Json, print_fields

if TYPE_CHECKING:
    from oms.settings import Settings

app = typer.Typer(
    help="Data keys of encrypted values, and keys to sign with.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _keys() -> None:
    pass


@app.command()
def pair(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key is, or shall be made: PEM.")],
    as_json: Json = False,
) -> None:
    """Make a key to sign commands with, and show its public half. The file of `signers` takes that, `signing_key` the file."""
    from contextlib import suppress

    from oms.private_key import loaded, made, public

    with suppress(FileExistsError):
        made(file)
    print_fields({"signing_key": str(file), "public": public(loaded(file, "signing_key"))}, as_json=as_json)


@app.command()
def status(folder: Folder = None, as_json: Json = False) -> None:
    """Show how many data keys there are. How many were destroyed, and whether one of those is still there."""
    import sqlite3

    from oms.settings import load

    settings = load({"folder": folder}).settings
    try:
        fields = run(_counted(settings))
    except sqlite3.Error as error:
        raise Failure(f"the key store cannot be read: {error}", "put its newest copy back", Exit.CONFLICT) from error
    print_fields(fields, as_json=as_json)
    if fields["left"]:
        cause = f"{fields['left']} of the destroyed keys are in the key store: it is older than the last purge"
        raise Failure(cause, "`oms up` destroys them again", Exit.REFUSED)


async def _counted(settings: "Settings") -> dict[str, Any]:
    from adapters.sqlite_keys_reader import ReadKeys
    from oms.keys import keys_file
    from oms.outboxes import outboxes

    path = keys_file(settings)
    destroyed = await outboxes(settings).destroyed_keys()
    if not path.exists():
        return {"store": f"{path}, not there", "keys": 0, "destroyed": len(destroyed), "left": 0}
    keys = ReadKeys(path)
    try:
        left = sum(map(keys.holds, destroyed))
        return {"store": str(path), "keys": keys.count(), "destroyed": len(destroyed), "left": left}
    finally:
        keys.close()
