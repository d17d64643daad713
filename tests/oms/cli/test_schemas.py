"""`oms schemas` shows the contracts that lie beside the code."""

import json
from importlib import resources

from oms.cli import run


def test_the_asyncapi_document_is_one_of_them(capsys):
    assert run(["schemas", "asyncapi"]) == 0
    assert json.loads(capsys.readouterr().out)["asyncapi"] == "3.0.0"


def test_all_are_copied_as_they_lie(tmp_path, capsys):
    assert run(["schemas", "--into", str(tmp_path), "--json"]) == 0
    copied = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert {"asyncapi.json", "outcome.json", "commands/Outcome.json", "events/object.created.v1.json"} <= copied
    source = resources.files("schemas").joinpath("outcome.json")
    assert (tmp_path / "outcome.json").read_bytes() == source.read_bytes()
