"""Writes the contracts anew from the types: a JSON Schema for each event, command and the outcome, AsyncAPI, OpenAPI of webhooks, and a page
for people, `docs/messages.md`.

    python -m schemas.generate            write the files beside this one
    python -m schemas.generate --check    write nothing; exit 1 where they differ

A change that breaks a stored event is refused either way: it needs the event's next version, and an upcaster.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from events.catalog import COMMANDS, EVENTS
from events.command import QUESTIONS, CommandMessage, Commit
from events.findings import Answer, Outcome
from schemas import asyncapi, webhooks
from schemas.command_reference import reference
from schemas.compat import breaks

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parent / "docs" / "messages.md"
WHOLE: Final = ("asyncapi.json", "openapi-webhooks.json")
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def documents() -> dict[str, Schema]:
    """Path below `schemas/` → JSON Schema (`WHOLE`: whole documents). Events are `data` of the envelope, commands `data` of the command message."""
    events = {f"events/{_short(name)}.json": _schema(model, name) for name, model in EVENTS.items()}
    named: Mapping[str, type[BaseModel]] = {
        **{name: each.model for name, each in COMMANDS.items()},
        "Commit": Commit,
        **QUESTIONS,
    }
    commands = {f"commands/{name}.json": _schema(model, f"io.oms.command.{name}.v1") for name, model in named.items()}
    messages = {
        "command.json": _schema(CommandMessage, "io.oms.command"),
        "outcome.json": _schema(Outcome, "io.oms.outcome"),
        "answer.json": _schema(Answer, "io.oms.answer"),
    }
    whole = {"asyncapi.json": asyncapi.document(), "openapi-webhooks.json": webhooks.document()}
    return {**events, **commands, **messages, **whole}


def differences(folder: Path, made: Mapping[str, Schema]) -> Iterator[str]:
    """A sentence for each file that is missing, differs, or should not be there."""
    stored = stored_in(folder)
    for name in sorted(stored.keys() | made.keys()):
        if name not in stored:
            yield f"{name} is missing"
        elif name not in made:
            yield f"{name} belongs to nothing any more"
        elif stored[name] != made[name]:
            yield f"{name} differs from the types"


def broken(stored: Mapping[str, Schema], made: Mapping[str, Schema]) -> Iterator[str]:
    """A sentence for each way in which a stored event could no longer be read, or its readers be surprised."""
    for name, old in sorted(stored.items()):
        if name.startswith("events/"):
            if name in made:
                yield from (f"{name}: {each}" for each in breaks(old, made[name]))
            else:
                yield f"{name}: the event is gone; what is stored stays"


def stored_in(folder: Path) -> dict[str, Schema]:
    """The golden files, as `documents` names them."""
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.json"))
        if path.relative_to(folder).parts[0]
        in {"events", "commands", "command.json", "outcome.json", "answer.json", *WHOLE}
    }


def write(folder: Path, made: Mapping[str, Schema]) -> None:
    for name in stored_in(folder).keys() - made.keys():
        (folder / name).unlink()
    for name, schema in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _stale(page: Path) -> Iterator[str]:
    if not page.exists() or page.read_text(encoding="utf-8") != reference():
        yield f"{page.name} differs from the types"


def _short(event_type: str) -> str:
    """`object.created.v1`."""
    return event_type.removeprefix("io.oms.")


def _schema(model: type[BaseModel], name: str) -> Schema:
    return {"$schema": DIALECT, "$id": f"urn:oms:schema:{name}", **model.model_json_schema(by_alias=True)}


def main(arguments: list[str], folder: Path = HERE, page: Path = PAGE) -> int:
    made = documents()
    wrong = list(broken(stored_in(folder), made))
    if wrong:
        wrong.append(
            "Stored events cannot change: give the event its next version, and an upcaster (events/wire/upcasters.py)."
        )
    elif "--check" in arguments:
        wrong = [f"{each}; run `make schemas`" for each in (*differences(folder, made), *_stale(page))]
    else:
        write(folder, made)
        page.write_text(reference(), encoding="utf-8")
    sys.stderr.writelines(f"{each}\n" for each in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
