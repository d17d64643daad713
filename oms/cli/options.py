"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path | None, typer.Option("--folder", help="The data folder.", show_default=False)]
Ontology = Annotated[str | None, typer.Option("--ontology", help="Which ontology.", show_default=False)]
Branch = Annotated[
    str | None, typer.Option("--branch", help="Which branch: <env>/<service>/<purpose>.", show_default=False)
]
Deadline = Annotated[float | None, typer.Option("--deadline", help="Seconds to wait at most.", show_default=False)]
Author = Annotated[str | None, typer.Option("--author", help="<user>@<service>.", show_default=False)]
Message = Annotated[str | None, typer.Option("--message", help="Why; becomes part of the commit.", show_default=False)]
