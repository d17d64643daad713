"""The command line: one file for each family of commands. Nothing is imported that the command asked for does not need."""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

COMMANDS: Final[Mapping[str, str]] = {
    "up": "up:up",
    "demo": "demo:demo",
    "send": "sending:send",
    "outcome": "sending:outcome",
    "import": "importing:import_",
    "show": "show:show",
    "history": "history:history",
    "blame": "blame:blame",
    "diff": "diff:diff",
    "query": "query:query",
    "similar": "similar:similar",
    "embed": "embedding:embed",
    "merge": "merging:merge",
    "rebase": "merging:rebase",
    "revert": "merging:revert",
    "reset": "merging:reset",
    "log": "log:log",
    "status": "status:status",
    "replay": "replaying:replay",
    "export": "exporting:export",
    "restore": "exporting:restore",
    "verify": "verifying:verify",
    "rebuild": "rebuilding:rebuild",
    "repair": "repairing:repair",
    "adopt": "repairing:adopt",
    "archive": "archiving:archive",
    "settings": "settings:settings",
    "schemas": "schemas:schemas",
    "action": "action:app",
    "audit": "audit:app",
    "branch": "branch:app",
    "dead": "dead:app",
    "documents": "documents:app",
    "gateway": "gateway:app",
    "keys": "keys:app",
    "migrate": "migrate:app",
    "schedule": "schedule:app",
    "schema": "schema:app",
    "rule": "rule:app",
    "proposal": "proposal:app",
    "versions": "versions:app",
    "webhook": "webhook:app",
}
"""Where each command is, `<module>:<name>` in this package; one that is called `app` is a family of its own."""


def program(only: str | None = None) -> typer.Typer:
    """All commands, or only this one: to import and build them all takes longer than most of them do."""
    app = typer.Typer(
        name="oms",
        help="An event-sourced Ontology Management System.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: rich's takes 0.4 s to import
    )
    app.callback()(_frame)
    for name in COMMANDS if only is None else [only]:
        module, _, inside = COMMANDS[name].partition(":")
        found = getattr(import_module(f"oms.cli.{module}"), inside)
        app.add_typer(found, name=name) if inside == "app" else app.command(name)(found)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"oms {version('oms')}")
        except PackageNotFoundError:
            typer.echo("oms, from a source tree that is not installed")
        raise typer.Exit


def _frame(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


WIDEST: Final = 120  # columns of a help; narrower where the terminal is


def main() -> None:
    """Runs one command; whatever ends it becomes one sentence on stderr and a stable exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    from oms.cli.failures import Exit, told

    try:
        program(_named(_completing() or arguments))(arguments, prog_name="oms", max_content_width=WIDEST)
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # click and rich end with 1 then
            return _unheard()
        return ended.code if isinstance(ended.code, int) else Exit.OK
    except BrokenPipeError:
        return _unheard()
    except BaseException as error:
        text, code = told(error)
        sys.stderr.write(f"oms: {text}\n")
        if code is Exit.BUG and os.environ.get("OMS_LOG_LEVEL") == "debug":
            raise
        return code
    return Exit.OK


def _unheard() -> int:
    """The reader went away: `oms log | head`. Nothing is wrong, and nothing more is said."""
    from oms.cli.failures import Exit

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK


def _named(words: Sequence[str]) -> str | None:
    return words[0] if words and words[0] in COMMANDS else None


def _completing() -> list[str]:
    """The whole words behind `oms` of the line that a shell asks to complete."""
    if "_OMS_COMPLETE" not in os.environ:
        return []
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    words = line.split()
    return words[1:] if line.endswith(" ") else words[1:-1]
