"""`oms show` of many, `oms blame`, and `oms diff` of one and side by side, on a folder with nothing running."""

from oms.cli.failures import Exit
from tests.oms.cli.test_time_travel import DEV, folder, said, told  # noqa: F401


def test_a_whole_branch_at_a_moment(capsys, folder) -> None:  # noqa: F811
    lines = said(capsys, "show", "--as-of", 4, "--folder", folder).splitlines()
    assert lines == [
        "objectType Flight  version 2",
        "object Flight UA-1  version 4  id UA-1, origin EWR",
        "2 on prod/main/main at position 4",
    ]


def test_a_whole_branch_for_programs(capsys, folder) -> None:  # noqa: F811
    found = told(capsys, "show", "--branch", DEV, "--folder", folder)
    assert (found["position"], found["branch"]) == (7, DEV)
    assert [(each["kind"], each["key"], each["version"]) for each in found["entities"]] == [
        ("objectType", "ri.Flight", 2), ("object", "UA-1", 6),
    ]  # fmt: skip


def test_what_was_deleted_only_if_asked_for(capsys, folder) -> None:  # noqa: F811
    assert told(capsys, "show", "Flight", "--all", "--folder", folder)["entities"] == []
    (found,) = told(capsys, "show", "Flight", "--all", "--deleted", "--folder", folder)["entities"]
    assert (found["key"], found["_deleted"]) == ("UA-1", True)


def test_blame(capsys, folder) -> None:  # noqa: F811
    lines = said(capsys, "blame", "Flight", "UA-1", "--as-of", 4, "--folder", folder).splitlines()
    assert [line.split()[:5] for line in lines[1:]] == [
        ["/id", "UA-1", "3", "2024-02-29T00:00:02.000000Z", "ana@desk"],
        ["/origin", "EWR", "4", "2024-02-29T00:00:03.000000Z", "bo@desk"],
    ]
    fields = told(capsys, "blame", "Flight", "UA-1", "--branch", DEV, "--folder", folder)["fields"]
    assert {field["path"]: field["branch"] for field in fields} == {
        "/id": "prod/main/main", "/origin": DEV, "/note": DEV
    }  # fmt: skip


def test_diff_of_one_object(capsys, folder) -> None:  # noqa: F811
    assert said(capsys, "diff", "Flight", "UA-1", "--from", 3, "--to", 4, "--folder", folder).splitlines()[:2] == [
        "~ object Flight UA-1",
        '    ~ /origin  "JFK" → "EWR"',
    ]
    assert told(capsys, "diff", "Flight", "UA-1", "--from", 4, "--to", 4, "--folder", folder)["differences"] == []
    assert "OBJECT_UNKNOWN" in said(capsys, "diff", "Flight", "x", "--folder", folder, code=Exit.REFUSED)


def test_diff_side_by_side(capsys, folder) -> None:  # noqa: F811
    shown = said(capsys, "diff", "--from", 3, "--branch", DEV, "--side-by-side", "--folder", folder).splitlines()
    assert shown[0] == "~ object Flight UA-1"
    assert [line.split() for line in shown[1:3]] == [["/note", "·", '"한국', '[b]"'], ["/origin", '"JFK"', '"SFO"']]
