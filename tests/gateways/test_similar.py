"""The door for `Similar`: what can be asked wrongly is answered with findings."""

import json

import pytest

from gateways.similar import SimilarDoor
from producers.receive import address
from projectors.projector import ViewUnavailable
from queries.similar import Alike, Found

ALIKE = Alike(7, "prod/main/main", 7, 3, 3, ("s/8",), [Found("Part", "1", 4, 0.03, {"words": 1}, "Part 1\n엔진")])


async def asked(find, **data):
    door = SimilarDoor(find)
    message = {"id": "1", "type": "Similar", "branch": "prod/main/main", "data": data}
    to = address("oms.cmd.main.local.prod.main.main.Similar")
    return json.loads(await door.questions["Similar"](to, {}, json.dumps(message).encode()))


async def test_the_answer_is_what_was_found():
    async def find(branch, words, within):
        assert (branch, words.text, words.limit, within) == ("prod/main/main", "엔진", 3, 10.0)
        return ALIKE

    told = await asked(find, text="엔진", limit=3)
    assert (told["status"], told["position"]) == ("unchanged", 7)
    assert told["answer"]["found"][0]["passage"] == "Part 1\n엔진"


@pytest.mark.parametrize(
    "data", [{}, {"text": ""}, {"text": "  "}, {"text": "a", "limit": 0}, {"text": "a", "limit": 101}]
)
async def test_a_question_of_a_wrong_shape_is_refused(data):
    assert [finding["code"] for finding in (await asked(None, **data))["findings"]] == ["COMMAND_SHAPE"]


async def test_a_view_that_is_not_there_is_told_with_what_to_do():
    async def find(*_):
        raise ViewUnavailable("similar", "it is not there", "`oms embed` makes it")

    told = await asked(find, text="a")
    assert [finding["code"] for finding in told["findings"]] == ["UNAVAILABLE_VIEW"]
