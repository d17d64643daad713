"""The README's tour, typed again: each command gives the output that stands there, but for ids, times and hashes."""

import re
import shlex
from pathlib import Path

import pytest

from oms.cli import program
from oms.cli.reference import page
from tests.docs.pages import without_progress

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGING = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "TIME"),
    (r"\b[0-9a-f]{12,64}\b", "HASH"),
    (r"nats://\S+", "URL"),
    (r" +", " "),
    (r"[^\S\n]+$", ""),
]


def steady(text):
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text.strip()


def tour():
    """`(command, output)` for each `$` line of the console block."""
    block = re.search(r"```console\n(.*?)```", README, re.DOTALL)
    parts = re.split(r"^\$ (.*)\n", block[1], flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


async def test_the_tour_is_what_happens(program, cli):
    (up, ready), *steps = tour()
    assert up == "oms up &"
    assert steady(ready) == "ready: URL data in oms-data, position 1"
    for command, output in steps:
        oms, *words = shlex.split(command)
        assert oms == "oms"
        code, out, err = await cli(*words)
        assert (steady(out), without_progress(err)) == (steady(output), ""), command
        assert code == (1 if out.startswith("rejected") else 0)


def test_the_first_command_stands_early():
    assert "make demo" in "\n".join(README.splitlines()[:30])


@pytest.mark.parametrize(
    "page", ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [
        link.split("#")[0]
        for link in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in link and not link.startswith("oms:")
    ]
    assert [target for target in targets if target and not (ROOT / page).parent.joinpath(target).exists()] == []


def test_the_page_of_commands_is_their_help():
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == page(), "run `make docs`"


def test_commands_in_the_pages_exist():
    names = {command.name or command.callback.__name__.strip("_") for command in program().registered_commands}
    names |= {group.name for group in program().registered_groups}
    pages = [README, *((path).read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))]
    named = {name for page in pages for name in re.findall(r"^(?:\$ )?oms ([a-z]+)", page, re.MULTILINE)}
    assert named - names == set()
