from pathlib import Path

import pytest

from adapters.view_files import ViewFile, ViewMissing, live_path, live_version, make_live, view_files, view_path


def there(folder: Path, name: str, version: int) -> Path:
    path = view_path(folder, name, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_an_empty_folder_has_no_views(tmp_path: Path) -> None:
    assert view_files(tmp_path) == []
    assert live_version(tmp_path, "versions") is None
    with pytest.raises(ViewMissing, match="no view versions in"):
        live_path(tmp_path, "versions")


def test_a_version_is_read_once_it_is_live(tmp_path: Path) -> None:
    old = there(tmp_path, "versions", 1)
    with pytest.raises(ViewMissing):
        live_path(tmp_path, "versions")
    make_live(tmp_path, "versions", 1)
    there(tmp_path, "versions", 10)
    assert live_path(tmp_path, "versions") == old


def test_a_flip_changes_what_readers_open_and_nothing_else(tmp_path: Path) -> None:
    old, new, other = there(tmp_path, "versions", 2), there(tmp_path, "versions", 10), there(tmp_path, "audit", 1)
    for name, version in (("versions", 2), ("audit", 1), ("versions", 10)):
        make_live(tmp_path, name, version)
    (tmp_path / "views" / "versions.v10.db-wal").touch()
    assert view_files(tmp_path) == [
        ViewFile("audit", 1, other, True),
        ViewFile("versions", 2, old, False),
        ViewFile("versions", 10, new, True),
    ]
