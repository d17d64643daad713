"""Options that many commands share; `Sending` is all that a command takes which sends one, `spread` over its signature."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from oms.cli.failures import Exit, Failure
from oms.cli.output import Json
from oms.waits import SAID, unknown

Folder = Annotated[Path | None, typer.Option("--folder", help="The data folder.", show_default=False)]
Ontology = Annotated[str | None, typer.Option("--ontology", help="Which ontology.", show_default=False)]
Branch = Annotated[
    str | None, typer.Option("--branch", help="Which branch: <env>/<service>/<purpose>.", show_default=False)
]
Deadline = Annotated[float | None, typer.Option("--deadline", help="Seconds to wait at most.", show_default=False)]
Author = Annotated[str | None, typer.Option("--author", help="<user>@<service>.", show_default=False)]
Message = Annotated[str | None, typer.Option("--message", help="Why; becomes part of the commit.", show_default=False)]


def _waited_for(wait: str) -> str:
    if nowhere := unknown(wait):
        raise Failure(f"--wait: {nowhere}", code=Exit.USAGE)
    return wait


Wait = Annotated[str, typer.Option("--wait", help=f"How far a commit must be to count: {SAID}.", callback=_waited_for)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would come of it; write nothing.")]


class Sending(NamedTuple):
    """Who says so and why, to which OMS, and how the answer looks."""

    author: Author = None
    message: Message = None
    folder: Folder = None
    ontology: Ontology = None
    deadline: Deadline = None
    as_json: Json = False

    def flags(self, branch: str | None = None) -> dict[str, Any]:
        """For `oms.settings.load`; `None` = not given."""
        flags: dict[str, Any] = {"branch": branch, "author": self.author, "folder": self.folder}
        return flags | {"ontology": self.ontology, "deadline": self.deadline}


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """A command of which each parameter like `said: Sending` becomes an option for each of that tuple's fields."""
    parameters = inspect.signature(command).parameters.values()
    tuples = {each.name: each.annotation for each in parameters if hasattr(each.annotation, "_field_defaults")}
    own = [each for each in parameters if each.name not in tuples]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        whole = {
            name: fields(**{field: given.pop(field) for field in fields._fields}) for name, fields in tuples.items()
        }
        command(**whole, **given)

    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=fields.__annotations__[name]
        )
        for fields in tuples.values()
        for name, default in fields._field_defaults.items()
    ]
    called.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]  # what typer looks at
    called.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
    return called
