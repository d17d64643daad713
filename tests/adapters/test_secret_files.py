"""Secrets in files: readable by their owner alone, gone when they are destroyed."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.secret_files import NoSecret, SecretFiles
from security.webhook_secrets import ed25519_secret, hmac_secret


def test_a_secret_is_kept_until_it_is_destroyed(tmp_path):
    files = SecretFiles(tmp_path / "keys" / "secrets", tmp_path / "elsewhere" / "secrets.key")
    assert list(files.ids()) == []
    one, other = files.keep("whsec_하나"), files.keep("whsec_b")
    again = SecretFiles(files.folder, files.key)
    assert (again.get(one), again.get(other)) == ("whsec_하나", "whsec_b")
    assert sorted([one, other]) == list(again.ids())
    modes = {
        stat.S_IMODE(path.stat().st_mode) for path in (files.folder / one, files.key, files.folder, files.folder.parent)
    }
    assert modes == {0o600, 0o700}
    assert all("하나".encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    again.destroy(one)
    again.destroy(one)
    with pytest.raises(NoSecret, match=one):
        files.get(one)
    assert list(files.ids()) == [other]


def test_what_is_replaced_is_opened_a_while_longer_and_then_gone(tmp_path):
    files = SecretFiles(tmp_path / "secrets", tmp_path / "secrets.key")
    one = files.keep("x")
    files.retire(one)
    files.retire(one)
    assert (list(files.ids()), files.get(one)) == ([], "x")
    files.sweep(0.0)
    assert files.get(one) == "x"
    files.sweep(float("inf"))
    with pytest.raises(NoSecret):
        files.get(one)
    assert list(files.folder.iterdir()) == []


@pytest.mark.parametrize("identity", ["", "../keys.db", "whs-1", f"whs-{'A' * 32}"])
def test_nothing_but_a_secret_is_read(tmp_path, identity):
    (tmp_path / "keys.db").write_text("x")
    with pytest.raises(NoSecret):
        SecretFiles(tmp_path / "secrets", tmp_path / "secrets.key").get(identity)


def test_without_its_key_or_under_another_id_a_secret_is_nothing(tmp_path):
    files = SecretFiles(tmp_path / "secrets", tmp_path / "secrets.key")
    one, other = files.keep("whsec_a"), files.keep("whsec_b")
    (files.folder / one).write_bytes((files.folder / other).read_bytes())
    with pytest.raises(NoSecret, match="does not open"):
        files.get(one)
    for_one = files.keep("x", "https://example.com:443")
    with pytest.raises(NoSecret, match=r"does not open for https://example.org:443"):
        files.get(for_one, "https://example.org:443")
    assert files.get(for_one, "https://example.com:443") == "x"
    files.key.rename(tmp_path / "away")
    with pytest.raises(NoSecret, match=r"does not open with the key .*secrets\.key"):
        SecretFiles(files.folder, files.key).get(other)
    with ThreadPoolExecutor() as threads:
        ids = list(threads.map(lambda _: SecretFiles(files.folder, files.key).keep("x"), range(8)))
    assert {SecretFiles(files.folder, files.key).get(each) for each in ids} == {"x"}
    assert not list(tmp_path.glob(".*"))


def test_secrets_are_written_as_standard_webhooks_does():
    assert hmac_secret(b"\x00" * 24).secret == "whsec_" + "A" * 32
    made = ed25519_secret(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )  # RFC 8032, 7.1
    assert made.shown == "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert made.secret.startswith("whsk_nWGxne")
