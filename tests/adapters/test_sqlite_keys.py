"""The key store's file: its owner's alone, made when it is needed, and without a trace of what was destroyed."""

import secrets

from adapters.sqlite_keys import SqliteKeys
from adapters.sqlite_keys_reader import ReadKeys
from producers.keys import DataKey

OWNER = "0" * 32


def made(count):
    return [DataKey(f"{OWNER}-{n:016x}", secrets.token_bytes(32)) for n in range(count)]


def test_only_its_owner_may_read_it(tmp_path):
    keys = SqliteKeys(tmp_path / "keys" / "keys.db")
    keys.keep(made(1))
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert keys.path.parent.stat().st_mode & 0o777 == 0o700
    keys.close()


def test_nothing_is_made_by_looking(tmp_path):
    keys = SqliteKeys(tmp_path / "keys" / "keys.db")
    assert (list(keys.of(OWNER)), keys.count(), keys.destroy([f"{OWNER}-0"])) == ([], 0, 0)
    assert not keys.path.parent.exists()


def test_no_file_holds_a_byte_of_what_was_destroyed(tmp_path):
    keys, all_of_them = SqliteKeys(tmp_path / "keys.db"), made(300)
    keys.keep(all_of_them)
    gone, kept = all_of_them[::2], all_of_them[1::2]
    keys.destroy([key.kid for key in gone])
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # while the store is open
    assert not [key.kid for key in gone if key.secret[:8] in held]
    assert all(key.secret in held for key in kept)
    assert [path.name for path in tmp_path.iterdir()] == ["keys.db"]
    keys.close()


def test_another_process_reads_beside_it(tmp_path):
    keys, all_of_them = SqliteKeys(tmp_path / "keys.db"), made(3)
    keys.keep(all_of_them)
    beside = ReadKeys(tmp_path / "keys.db")
    assert list(beside.of(OWNER)) == all_of_them
    keys.destroy([all_of_them[0].kid])
    assert list(beside.of(OWNER)) == all_of_them[1:]
    keys.close()
    beside.close()


def test_what_was_kept_is_there_after_a_restart(tmp_path):
    keys = SqliteKeys(tmp_path / "keys.db")
    keys.keep(made(1))
    token_key = keys.index_key()
    keys.close()
    again = SqliteKeys(tmp_path / "keys.db")
    assert (again.count(), again.index_key()) == (1, token_key)
    again.close()
