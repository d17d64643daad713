"""`oms demo`: the tour."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from oms.cli.output import Json, print_json


def demo(
    folder: Annotated[
        Path, typer.Option("--folder", help="A new folder; if it is there already, one beside it.")
    ] = Path("oms-demo"),
    as_json: Json = False,
) -> None:
    """Play the tour on a day of real flights. Step by step, each as the command one would type."""
    from oms.demo.stage import Stage
    from oms.demo.tour import free_folder, play

    target = free_folder(folder)
    with Stage() as stage, redirect_stdout(sys.stderr if as_json else sys.stdout):
        play(stage, target)
    if as_json:
        print_json({"folder": str(target), "steps": [played._asdict() for played in stage.played]})
