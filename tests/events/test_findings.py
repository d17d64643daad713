"""Findings: an answer carries as many as it can, and says how many it leaves out."""

from events.findings import MAX_BYTES, MAX_TEXT, Finding, listed
from tests.events.world import World


def test_few_findings_are_all_told():
    findings = [Finding("VALUE_TYPE", "/a", "a is 1, not a text")] * 100
    assert listed(findings) == findings


def test_many_findings_are_cut():
    told = listed([Finding("VALUE_TYPE", f"/{at}", "김" * 100) for at in range(100_000)])
    assert told[-1].code == "COMMAND_MORE_FINDINGS"
    assert f"{100_000 - len(told) + 1:,} more" in told[-1].text
    assert sum(len(text.encode()) for finding in told for text in finding) < MAX_BYTES


def test_one_finding_is_never_too_long():
    (told,) = listed([Finding("PROPERTY_UNKNOWN", "/" + "a" * 10_000, "\x01" * 10_000)])
    assert len(told.path) == len(told.text) == MAX_TEXT


def test_a_command_with_a_hundred_thousand_unknown_properties_is_answered():
    world = World()
    world.when("CreateObjectType", name="A", primaryKey=["id"], properties=[{"name": "id", "type": "string"}])
    properties = {"id": "1"} | {f"p{at}": at for at in range(100_000)}
    assert len(world.refused("CreateObject", {"type": "A", "properties": properties})) == 100_000
