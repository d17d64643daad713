"""Commands that are too large for one message: their large values travel ahead, in sections, and the command names them.

UploadSections {named} ─► which of them are lacking ─► UploadSections {sections} … ─► the command, with stubs

What was sent before is not sent again, whoever died meanwhile.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from oms.client.commands import MAX_COMMAND_BYTES, Json, Sections, Split
from oms.client.messages import Outcome

UPLOAD = "UploadSections"
LACKING = "SECTION_UNKNOWN"
BATCH_BYTES = 900_000  # of sections in one message
NAMED = 10_000  # sections that are asked about at once

Ask = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Asks `UploadSections`; raises `Refused`, `Unavailable`."""
Told = Callable[[int], None]
"""Hears how many sections are sent."""


def smaller(command: str, body: bytes, split: Split) -> tuple[Mapping[str, Any], Sections]:
    """The data of a command with stubs in place of its largest values, until it fits into a message, and their sections."""
    data: dict[str, Any] = json.loads(body)["data"]
    sections: dict[str, Json] = {}
    left = len(body)
    for size, holder, name in sorted(_values(command, data), key=lambda each: each[0], reverse=True):
        if left <= MAX_COMMAND_BYTES - _STUBS:
            break
        try:
            found = split(holder[name])
        except ValueError:
            continue
        if found is not None:
            holder[name] = found.stub
            sections |= found.sections
            left -= size
    return data, sections


async def upload(ask: Ask, sections: Sections, told: Told | None = None) -> None:
    """Send those that are neither stored nor waiting."""
    lacking: set[str] = set()
    names = list(sections)
    for start in range(0, len(names), NAMED):
        lacking.update((await ask({"named": names[start : start + NAMED]}))["lacking"])
    done = 0
    for batch in _batches([content for name, content in sections.items() if name in lacking]):
        await ask({"sections": batch})
        done += len(batch)
        if told is not None:
            told(done)


def lacks(outcome: Outcome) -> bool:
    """Whether it was refused for sections that were thrown away meanwhile."""
    return any(finding.code == LACKING for finding in outcome.findings)


_STUBS = 50_000  # bytes of a message that are left for what takes the place of large values
_WHOLE = {"CreateObject": "properties", "UpsertObject": "properties", "UpdateObject": "patch"}
"""The member of a command that gives properties their values."""


def _values(command: str, data: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], str]]:
    """What may be given by a stub: size, and where it stands."""
    if command == "Commit":
        for part in data["commands"]:
            yield from _values(part["type"], part["data"])
        return
    holder = data.get(_WHOLE.get(command, ""))
    if isinstance(holder, dict):
        yield from _merged(holder) if command == "UpdateObject" else _members(holder)
    if command == "UpdateObject" and isinstance(steps := data.get("operations"), list):
        for step in steps:
            if isinstance(step, dict) and isinstance(step.get("value"), dict | list | str):
                yield _bytes(step["value"]), step, "value"


def _members(holder: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], str]]:
    for name, value in holder.items():
        if isinstance(value, dict | list | str):
            yield _bytes(value), holder, name


def _merged(patch: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Maps are merged into what is there, what is in them takes its place."""
    for name, value in patch.items():
        if isinstance(value, dict):
            yield from _merged(value)
        elif isinstance(value, list | str):
            yield _bytes(value), patch, name


def _batches(contents: Sequence[Json]) -> Iterator[list[Json]]:
    batch: list[Json] = []
    size = 0
    for each in contents:
        more = _bytes(each) + 1
        if batch and size + more > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += more
    if batch:
        yield batch


def _bytes(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
