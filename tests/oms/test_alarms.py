"""What nobody may do is told at once, stands until it is mended, and is passed over by nobody."""

import asyncio
import json

import pytest

from adapters.alarm_file import standing
from oms.alarms import Forged, code, hearing, starting, told, verified
from oms.client import connect
from oms.running import running
from oms.settings import Settings
from producers.log import LogDamaged, LogUnavailable
from producers.verify_log import Flaw, Verified
from security.chain import ChainBroken, Gap

CHANGED, MISSING = ChainBroken(7, "prevhash", "가", "나"), Gap(3, 4, "the log")
WHOLE = Verified(9, "", 0, ())


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (CHANGED, "TAMPER_CHAIN"),
        (MISSING, "TAMPER_MISSING"),
        (LogDamaged("log", 9, 1), "TAMPER_MISSING"),
        (Forged(2, "김", "c1"), "TAMPER_SIGNATURE"),
        (LogUnavailable("away"), None),
    ],
)
def test_what_was_tampered_with_has_a_code_and_what_failed_has_none(error, name):
    assert code(error) == name


def test_alarms_stand_once_for_each_code_and_part_until_the_log_is_found_whole(tmp_path):
    heard = []
    alarm = hearing(tmp_path, lambda *told: heard.append(told))
    for error in (CHANGED, LogUnavailable("away"), CHANGED, Forged(1, "김", "c1")):
        alarm("log", error)
    with pytest.raises(Gap), starting(tmp_path):
        raise MISSING
    assert len(heard) == 4
    first, second = standing(tmp_path)
    assert (first.code, first.part, first.position, first.text, first.times) == (
        "TAMPER_CHAIN", "log", 7, str(CHANGED), 2,
    )  # fmt: skip
    assert (second.code, second.part) == ("TAMPER_MISSING", "start")
    verified(tmp_path, Verified(9, "", 0, (Flaw("LOG_FOREIGN", 5, 6, "not of this position"),)))
    assert standing(tmp_path)[-1].code == "TAMPER_FOREIGN"
    verified(tmp_path, WHOLE)
    assert standing(tmp_path) == []


def test_what_ended_several_tasks_is_told_by_itself_and_with_its_kind(tmp_path):
    heard = []
    alarm = hearing(tmp_path, lambda _, error: heard.append(error))
    alarm("webhooks", ExceptionGroup("unhandled errors in a TaskGroup", [ExceptionGroup("", [KeyError("sink")])]))
    alarm("webhooks", ExceptionGroup("unhandled errors in a TaskGroup", [CHANGED]))
    assert [told(error) for error in heard] == ["KeyError('sink')", str(CHANGED)]
    assert [each.code for each in standing(tmp_path)] == ["TAMPER_CHAIN"]


async def test_a_command_that_is_not_by_who_sent_it_is_an_alarm_while_oms_runs(tmp_path):
    signers = tmp_path / "signers.toml"
    signers.write_text(json.dumps("local") + ' = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"\n')
    folder, heard = tmp_path / "data", asyncio.Queue()
    settings = Settings(folder=folder, signers=str(signers))
    async with running(settings, lambda *told: heard.put_nowait(told)), await connect(folder) as client:
        outcome = await client.send("CreateBranch", {"name": "dev/a/b"}, id="모름")
        assert outcome.findings[0].code == "TAMPER_SIGNATURE"
        async with asyncio.timeout(20):
            part, error = await heard.get()
    assert (part, code(error), error.command) == ("commands", "TAMPER_SIGNATURE", "모름")
    assert standing(folder) == []
