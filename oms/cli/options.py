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
