"""Every command's help as one page, from the program itself: `make docs` writes docs/commands.md."""

from collections.abc import Iterator
from pathlib import Path

import typer

from oms.cli import program

PAGE = Path("docs") / "commands.md"
HEAD = """# Commands

Every command of `oms`, as `--help` says it. `make docs` writes this page; exit codes are in [exit-codes.md](exit-codes.md).
"""


def page() -> str:
    """Markdown."""
    parts = [f"## oms {' '.join(name)}\n\n```\n{text.strip()}\n```\n" for name, text in _helps()]
    return "\n".join([HEAD, *parts])


def _helps() -> Iterator[tuple[list[str], str]]:
    root = typer.main.get_group(program())
    context = root.context_class(root, info_name="oms", terminal_width=100, max_content_width=100)
    for name, command in root.commands.items():
        inner = command.context_class(command, info_name=name, parent=context)
        yield [name], command.get_help(inner)
        for below, one in getattr(command, "commands", {}).items():
            yield [name, below], one.get_help(one.context_class(one, info_name=below, parent=inner))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
