"""Who may come in by HTTP: given out, taken away, and never guessed from a file that is broken."""

import json
import stat

import pytest

from adapters import system_clock
from oms import cli
from oms.callers import BadCallers, CallersFile, allow, forget, trust
from oms.cli.failures import Exit
from oms.http_behind import Admitted
from oms.secrets import secret_files
from oms.settings import Settings
from security.author import AuthorRefused
from security.webhook_secrets import ed25519_secret, hmac_secret
from security.webhook_signatures import BadSecret, headers


@pytest.fixture
def settings(tmp_path):
    return Settings(folder=tmp_path)


def test_a_token_is_known_by_its_digest_alone_until_it_is_replaced(settings):
    file = CallersFile(settings)
    assert (list(file.known()), file.by_token("")) == ([], None)
    token = allow(settings, "김철수", ["read"])
    assert file.by_token(token) == file.known()[0]
    assert (file.by_token(token).principal, file.by_token(token).may) == ("김철수", {"read"})
    assert token not in file.path.read_text()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    again = allow(settings, "김철수", ["read", "write"])
    assert (file.by_token(token), file.by_token(again).may) == (None, {"read", "write"})
    assert forget(settings, "김철수")
    assert not forget(settings, "김철수")
    assert file.by_token(again) is None


def test_who_is_not_there_is_not_taken_away_and_no_door_is_shut(settings, tmp_path):
    file = CallersFile(settings)
    assert not forget(settings, "아무도")
    assert (file.begun(), [*tmp_path.iterdir()]) == (False, [])


def test_who_is_bound_to_endpoints_sees_them_and_nothing_else(settings):
    token = allow(settings, "문", ["webhooks"], ["탑승구"])
    known = CallersFile(settings).by_token(token)
    assert (known.may, known.subscriptions) == ({"webhooks"}, {"탑승구"})
    allow(settings, "ana", ["read"])  # the file is written anew
    caller = Admitted(settings).by_token(token)
    assert (caller.sees("탑승구"), caller.sees("gates")) == (True, False)
    assert Admitted(settings).by_token(allow(settings, "all", ["webhooks"])).sees("gates")
    file = CallersFile(settings)
    file.path.write_text(file.path.read_text().replace('may = ["webhooks"]', 'may = ["webhooks", "read"]', 1))
    with pytest.raises(BadCallers):
        file.known()


def test_who_takes_the_last_one_away_opens_no_door(settings):
    admitted = Admitted(settings)
    assert admitted.anybody()
    allow(settings, "ana", ["read"])
    assert not admitted.anybody()
    forget(settings, "ana")
    assert not admitted.anybody()


def test_a_sender_that_signs_is_known_by_its_signature(settings):
    file, own = CallersFile(settings), ed25519_secret(b"s" * 32)
    shown = trust(settings, "gates", ["write"])
    trust(settings, "doors", ["write"], own.shown)
    allow(settings, "ana", ["read"])
    now = system_clock.now() // 1_000_000
    by = {who: file.by_signature(headers("m", now, b"{}", [key]), b"{}") for who, key in (("gates", shown), ("doors", own.secret))}  # fmt: skip
    assert {who: found.principal for who, found in by.items()} == {"gates": "gates", "doors": "doors"}
    assert file.by_signature(headers("m", now, b"{}", [hmac_secret(b"x" * 32).secret]), b"{}") is None
    assert shown not in file.path.read_text()
    assert len([*secret_files(settings).ids()]) == 1
    forget(settings, "gates")
    assert [*secret_files(settings).ids()] == []


@pytest.mark.parametrize("name", ["", "local", "ana maria", "ana@desk", "a\u202eb", "x" * 200])
def test_a_name_that_could_be_no_author_is_refused(settings, name):
    for give in (allow, trust):
        with pytest.raises(AuthorRefused):
            give(settings, name, ["write"])
    assert [*secret_files(settings).ids()] == []


def test_a_key_that_is_none_is_refused(settings):
    with pytest.raises(BadSecret):
        trust(settings, "doors", ["write"], "whpk_x")


@pytest.mark.parametrize(
    "text",
    ["[ana", "ana = 1", "[ana]\n", "[ana]\nmay = ['read']", "[ana]\ntoken = 'x'", "[ana]\ntoken = 'x'\nmay = ['all']",
     "[ana]\ntoken = 'x'\nsecret = 'y'\nmay = []", "['a b']\ntoken = 'x'\nmay = []", "[local]\ntoken = 'x'\nmay = []", "[ana]\ntoken = ''\nmay = []"],
)  # fmt: skip
def test_of_a_file_that_is_broken_nobody_is_let_in(settings, text):
    file = CallersFile(settings)
    file.path.parent.mkdir()
    file.path.write_text(text)
    for ask in (file.known, lambda: file.by_token("x"), lambda: file.by_signature({}, b"")):
        with pytest.raises(BadCallers, match="oms gateway allow"):
            ask()


def test_it_is_typed_like_this(settings, capsys):
    def typed(*arguments):
        code = cli.run(["gateway", *arguments, "--folder", str(settings.folder), "--json"])
        return code, json.loads(out) if (out := capsys.readouterr().out) else None

    code, made = typed("allow", "ana", "--may", "read")
    assert (code, made["name"], made["may"]) == (0, "ana", ["read"])
    assert CallersFile(settings).by_token(made["token"]).principal == "ana"
    assert typed("allow", "gates", "--signs")[1]["secret"].startswith("whsec_")
    assert typed("callers")[1] == [
        {"name": "ana", "by": "token", "may": "read", "of": None},
        {"name": "gates", "by": "signature", "may": "write", "of": None},
    ]
    assert typed("forget", "ana") == (0, {"name": "ana", "forgotten": True})
    assert typed("forget", "ana")[0] == Exit.REFUSED
    assert typed("allow", "ana", "--may", "all")[0] == Exit.USAGE
    assert typed("allow", "a b")[0] == Exit.USAGE
