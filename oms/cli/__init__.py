"""The command line: one file for each family of commands. Nothing heavy is imported before a command needs it."""

import os
import sys
from typing import Annotated, Final

import typer

from oms.cli import action, branch, dead, keys, migrate, proposal, rule, schema
from oms.cli.demo import demo
from oms.cli.diff import diff
from oms.cli.exporting import export, restore
from oms.cli.failures import Exit, told
from oms.cli.history import history
from oms.cli.importing import import_
from oms.cli.log import log
from oms.cli.merging import merge, rebase, reset, revert
from oms.cli.rebuilding import rebuild
from oms.cli.repairing import adopt, repair
from oms.cli.replaying import replay
from oms.cli.schemas import schemas
from oms.cli.sending import outcome, send
from oms.cli.settings import settings
from oms.cli.show import show
from oms.cli.status import status
from oms.cli.up import up
from oms.cli.verifying import verify

app = typer.Typer(
    name="oms",
    help="An event-sourced Ontology Management System.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's takes 0.4 s to import
)
app.command()(up)
app.command()(demo)
app.command()(send)
app.command()(outcome)
app.command("import")(import_)
app.command()(show)
app.command()(history)
app.command()(diff)
app.command()(merge)
app.command()(rebase)
app.command()(revert)
app.command()(reset)
app.command()(log)
app.command()(status)
app.command()(replay)
app.command()(export)
app.command()(restore)
app.command()(verify)
app.command()(rebuild)
app.command()(repair)
app.command()(adopt)
app.add_typer(action.app, name="action")
app.add_typer(branch.app, name="branch")
app.add_typer(dead.app, name="dead")
app.add_typer(keys.app, name="keys")
app.add_typer(migrate.app, name="migrate")
app.add_typer(schema.app, name="schema")
app.add_typer(rule.app, name="rule")
app.add_typer(proposal.app, name="proposal")
app.command()(settings)
app.command()(schemas)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"oms {version('oms')}")
        except PackageNotFoundError:
            typer.echo("oms, from a source tree that is not installed")
        raise typer.Exit


@app.callback()
def _frame(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


WIDEST: Final = 120  # columns of a help; narrower where the terminal is


def main() -> None:
    """Runs one command; whatever ends it becomes one sentence on stderr and a stable exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        app(arguments, prog_name="oms", max_content_width=WIDEST)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else Exit.OK
    except BrokenPipeError:  # the reader went away: `oms log | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except BaseException as error:
        text, code = told(error)
        sys.stderr.write(f"oms: {text}\n")
        if code is Exit.BUG and os.environ.get("OMS_LOG_LEVEL") == "debug":
            raise
        return code
    return Exit.OK
