"""What is wrong with a command's shape is said in a person's words, with what to write instead."""

import pytest

from events import catalog
from events.findings import Refused

MISTAKES = {
    "a command in another case": ("createObject", {}, "there is no command 'createObject'; is it CreateObject"),
    "a command nothing is like": (
        "끓이기",
        {},
        "there is no command '끓이기'; `oms schemas` shows what there is",
    ),
    "a field left out": ("CreateLink", {"from": "KE-1", "to": "KE"}, "type is missing"),
    "a field of another name": (
        "CreateLink",
        {"type": "운항", "form": "KE-1", "from": "KE-1", "to": "KE"},
        "there is no field 'form' here; is it from?",
    ),
    "a field that nothing is like": (
        "DeleteObject",
        {"type": "운항", "key": "KE", "이름": 1},
        "there is no field '이름' here; there are type, key",
    ),
    "a word that is none of a few": (
        "CreateLinkType",
        {"name": "운항", "from": "Flight", "to": "항공사", "cardinality": "n-2"},
        "it must be '1-1', '1-n', 'n-1' or 'n-n'",
    ),
    "a list of too few": (
        "SetPrimaryKey",
        {"type": "운항", "primaryKey": []},
        "it must have 1 or more, and has 0",
    ),
    "an edit of no kind": (
        "CreateActionType",
        {"name": "Cancel", "parameters": {}, "edits": [{"edit": "updatObject"}]},
        "edit is 'updatObject', none of 'createObject'",
    ),
}


@pytest.mark.parametrize(("command", "data", "text"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_remedy(command: str, data: dict[str, object], text: str) -> None:
    with pytest.raises(Refused) as told:
        catalog.command(command, data)
    assert text in " ".join(each.text for each in told.value.findings)
