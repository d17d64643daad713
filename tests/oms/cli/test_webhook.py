"""`oms webhook`: from registering to deletion, and that a secret is shown once and stands nowhere else."""

import base64
import json
import stat

from events.subscriptions.secret_ids import signs
from oms.secrets import secret_files, secrets_folder
from oms.settings import Settings

HOOKS = ("--sink", "https://example.com/hooks")


async def test_a_webhook_from_registering_to_deletion(oms, cli):
    at = ("--of", "Airline", "--on", "prod/*/main", "--type", "io.oms.object.*", "--sql", "data.key = '대한'")
    code, out, _ = await cli("webhook", "register", "airlines-out", *HOOKS, *at, "--header", "X-Team: gates")
    assert (code, out.splitlines()[0].startswith("whsec_")) == (0, True)
    await oms.send("RenameObjectType", {"type": "Airline", "name": "Carrier"}, wait="projected:versions")
    code, out, _ = await cli("webhook", "list", "--json")
    (listed,) = json.loads(out)
    assert (listed["objectTypes"], listed["status"]) == (["Carrier"], "active")
    assert listed["filters"] == [{"sql": "data.key = '대한'"}]
    code, out, _ = await cli(
        "webhook", "update", "airlines-out", "--all", "of", "--all", "type", "--description", "옮김"
    )
    assert code == 0, out
    for command, *more in (
        ("pause", "--reason", "점검"),
        ("resume",),
        ("replay", "--from", "1", "--yes"),
        ("disable", "--reason", "410"),
    ):
        assert (await cli("webhook", command, "airlines-out", *more))[0] == 0, command
    code, out, _ = await cli("webhook", "show", "airlines-out", "--json")
    shown = json.loads(out)
    assert (shown["objectTypes"], shown["description"], "types" in shown) == ([], "옮김", False)
    assert (shown["status"], shown["reason"], "replay" in shown) == ("disabled", "410", False)  # nothing was wanted
    assert [each["status"] for each in shown["history"]] == [
        "active",
        "active",
        "paused",
        "active",
        "disabled",
    ]
    assert "7 versions" not in (await cli("webhook", "show", "airlines-out"))[1]
    assert (await cli("webhook", "delete", "airlines-out"))[0] == 0
    assert json.loads((await cli("webhook", "list", "--json"))[1]) == []
    assert (await cli("webhook", "show", "airline"))[0] != 0


async def test_a_secret_is_shown_once_and_stands_in_its_file_alone(program, cli):
    settings = Settings(folder=program.settings.folder)
    code, out, _ = await cli("webhook", "register", "하나", *HOOKS, "--json")
    first = json.loads(out)["secret"]
    code, out, _ = await cli("webhook", "rotate", "하나", "--signing", "v1a", "--json")
    second = json.loads(out)["secret"]
    assert (code, first[:6], second[:5]) == (0, "whsec_", "whpk_")
    told = (await cli("webhook", "show", "하나", "--json"))[1] + (await cli("log", "--json"))[1]
    assert first not in told
    kept = secret_files(settings)
    ids = list(kept.ids())
    assert {kept.get(each, signs("하나"))[:5] for each in ids} == {"whsec", "whsk_"}
    assert {each["id"] for each in json.loads((await cli("webhook", "show", "하나", "--json"))[1])["secrets"]} == set(
        ids
    )
    paths = [path for path in settings.folder.rglob("*") if path.is_file()]
    raw = base64.b64decode(first.removeprefix("whsec_"))
    holding = [path for path in paths if first.encode() in path.read_bytes() or raw in path.read_bytes()]
    assert holding == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets_folder(settings).iterdir()} == {0o600}


async def test_what_is_refused_leaves_no_secret_and_says_where_it_is_wrong(program, cli):
    code, out, _ = await cli("webhook", "register", "둘", *HOOKS, "--sql", "type = ")
    assert code == 1
    assert "/filters/0/sql" in out
    assert list(secret_files(Settings(folder=program.settings.folder)).ids()) == []
    assert (await cli("webhook", "register", "둘", *HOOKS, "--filters", "{"))[0] == 2
    assert (await cli("webhook", "register", "둘", "--sink", "file:둘.ndjson", "--json"))[1].count("secret") == 0
