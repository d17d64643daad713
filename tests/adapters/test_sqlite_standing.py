from pathlib import Path

from adapters.sqlite_standing import outbox_head, parked_in, view_standing
from projectors.projector import Checkpoint, Parked
from projectors.versions import VERSION
from tests.queries.histories import MAIN, History, made


async def test_how_far_a_view_is_and_what_it_could_not_apply(tmp_path: Path) -> None:
    parked = [Parked(1, ((MAIN, made("A", "1")[0]),), "EVENT_DATA_INVALID", "why", "oms.evt.x", b"{}")]
    history = History()
    await history.into_file(tmp_path / "v.db", parked)
    found = view_standing(tmp_path / "v.db")
    assert found is not None
    assert (found.view, found.version, found.ontology, found.parked) == ("versions", VERSION, "main", 1)
    assert found.checkpoint == Checkpoint(1, "", history.told[0][1][0].time, 1)
    assert parked_in(tmp_path / "v.db") == parked


def test_a_file_that_is_only_begun_has_no_standing(tmp_path: Path) -> None:
    (tmp_path / "v.db").touch()
    assert view_standing(tmp_path / "v.db") is None
    assert parked_in(tmp_path / "v.db") == []


def test_a_folder_without_an_outbox_has_no_log_head(tmp_path: Path) -> None:
    assert outbox_head(tmp_path / "outbox.db") is None
