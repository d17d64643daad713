"""Secrets in files: readable by their owner alone, gone when they are destroyed."""

import stat

import pytest

from adapters.secret_files import NoSecret, SecretFiles
from security.webhook_secrets import ed25519_secret, hmac_secret


def test_a_secret_is_kept_until_it_is_destroyed(tmp_path):
    files = SecretFiles(tmp_path / "keys" / "secrets")
    assert list(files.ids()) == []
    one, other = files.keep("whsec_하나"), files.keep("whsec_b")
    again = SecretFiles(files.folder)
    assert (again.get(one), again.get(other)) == ("whsec_하나", "whsec_b")
    assert sorted([one, other]) == list(again.ids())
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (files.folder / one, files.folder, files.folder.parent)}
    assert modes == {0o600, 0o700}
    again.destroy(one)
    again.destroy(one)
    with pytest.raises(NoSecret, match=one):
        files.get(one)
    assert list(files.ids()) == [other]


@pytest.mark.parametrize("identity", ["", "../keys.db", "whs-1", f"whs-{'A' * 32}"])
def test_nothing_but_a_secret_is_read(tmp_path, identity):
    (tmp_path / "keys.db").write_text("x")
    with pytest.raises(NoSecret):
        SecretFiles(tmp_path / "secrets").get(identity)


def test_secrets_are_written_as_standard_webhooks_does():
    assert hmac_secret(b"\x00" * 24).secret == "whsec_" + "A" * 32
    made = ed25519_secret(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )  # RFC 8032, 7.1
    assert made.shown == "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert made.secret.startswith("whsk_nWGxne")
