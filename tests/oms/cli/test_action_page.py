"""`docs/actions.md` does not lie: its action type works, and its examples say what they say; `…` stands for anything."""

import json
import re
import shlex
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs" / "actions.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ |```).*\n)*)", re.MULTILINE)
DECLARED = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
TEXTS = ("id", "status", "reason", "gate")


def types():
    flight = [{"name": name, "type": "string"} for name in TEXTS]
    yield "CreateObjectType", {"name": "Flight", "primaryKey": ["id"], "properties": flight}
    yield "CreateObjectType", {"name": "Gate", "primaryKey": ["id"], "properties": flight[:1]}
    yield "CreateLinkType", {"name": "departsFrom", "from": "Flight", "to": "Gate"}
    yield "CreateObject", {"type": "Gate", "properties": {"id": "C7"}}
    for number, status in (("UA-1545", "planned"), ("UA-1", "departed")):
        yield "CreateObject", {"type": "Flight", "properties": {"id": number, "status": status, "gate": "C7"}}
        yield "CreateLink", {"type": "departsFrom", "from": number, "to": "C7"}
    yield "CreateActionType", DECLARED


async def test_the_page_does_not_lie(oms, cli):
    for command, data in types():
        said = ("--data", json.dumps(data), "--wait", "projected:versions")
        assert (await cli("send", command, *said))[1].startswith("accepted"), command
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    examples = [(found["command"], found["output"]) for block in blocks for found in EXAMPLE.finditer(block)]
    assert len(examples) == 5
    for command, output in examples:
        position = json.loads((await cli("status", "--json"))[1])["position"] if "log" in command else 0
        waiting = ["--min-position", str(position)] if position else []
        _, out, err = await cli(*shlex.split(command)[1:], *waiting)
        expected = ".*".join(re.escape(part) for part in plain(output).split("…"))
        assert re.fullmatch(expected, plain(out + err), re.DOTALL), out + err


def plain(text: str) -> str:
    """Without the blanks that make columns."""
    return re.sub(r" +\n", "\n", re.sub(r" +", " ", text))
