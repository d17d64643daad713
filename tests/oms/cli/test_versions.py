"""`oms versions` on a folder with nothing running."""

from tests.oms.cli.test_time_travel import folder, said, told  # noqa: F401


def test_what_versions_take_before_and_after_they_are_packed(capsys, folder) -> None:  # noqa: F811
    before = {each["type"]: each for each in told(capsys, "versions", "stats", "--folder", folder)["types"]}
    assert (before["object/Flight"]["versions"], before["object/Flight"]["packed"]) == (4, 0)
    shown = said(capsys, "history", "Flight", "UA-1", "--folder", folder)
    assert told(capsys, "versions", "pack", "--folder", folder) == {"packed": 2}
    assert told(capsys, "versions", "pack", "--folder", folder) == {"packed": 0}
    after = {each["type"]: each for each in told(capsys, "versions", "stats", "--folder", folder)["types"]}
    assert (after["object/Flight"]["versions"], after["object/Flight"]["packed"]) == (4, 2)
    assert said(capsys, "history", "Flight", "UA-1", "--folder", folder) == shown
    lines = said(capsys, "versions", "stats", "--folder", folder).splitlines()
    assert lines[0].split() == ["type", "versions", "packed", "moved", "full", "stored", "saved", "chain"]


def test_a_folder_without_versions(capsys, tmp_path) -> None:
    assert "there is no view versions" in said(capsys, "versions", "stats", "--folder", tmp_path, code=4)


def test_what_was_closed_long_ago_moves_and_answers_stay(capsys, folder) -> None:  # noqa: F811
    questions = [["history", "Flight", "UA-1"], ["show", "--as-of", 3], ["diff", "--from", 2], ["blame", "Flight", "UA-1"],
                 ["query", "SELECT * FROM Flight ALL_VERSIONS"]]  # fmt: skip
    before = [said(capsys, *question, "--folder", folder) for question in questions]
    assert told(capsys, "versions", "move", "--older-than", 1, "--folder", folder) == {"moved": 2}
    assert told(capsys, "versions", "move", "--folder", folder) == {"moved": 0}
    after = {each["type"]: each for each in told(capsys, "versions", "stats", "--folder", folder)["types"]}
    assert (after["object/Flight"]["versions"], after["object/Flight"]["moved"]) == (4, 2)
    assert [said(capsys, *question, "--folder", folder) for question in questions] == before
