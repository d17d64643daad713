"""Writes the OpenAPI documents of gateway and scheduler, `schemas/openapi*.json`, anew from their doors.

python -m gateways.http.openapi            write it
python -m gateways.http.openapi --check    write nothing; exit 1 where it differs
"""

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import schemas
from gateways.http.app import application
from gateways.http.ports import Behind
from gateways.http.scheduler_app import scheduler_application
from gateways.http.scheduling import SchedulerBehind

FILE: Final = Path(schemas.__path__[0]) / "openapi.json"
SCHEDULER: Final = FILE.with_name("openapi-scheduler.json")


def document() -> dict[str, Any]:
    """Of the gateway's doors with nothing behind them: nobody comes in."""
    return application(Behind(**{**_nothing(Behind), "rate": 0, "cors": ()})).openapi()


def scheduler_document() -> dict[str, Any]:
    return scheduler_application(SchedulerBehind(**_nothing(SchedulerBehind))).openapi()


def main(arguments: list[str], file: Path = FILE, scheduler: Path = SCHEDULER) -> int:
    wrong = [
        path for path, made in ((file, document), (scheduler, scheduler_document)) if not _is(path, made(), arguments)
    ]
    for path in wrong:
        sys.stderr.write(f"{path.name} differs from the doors; run `make schemas`\n")
    return 1 if wrong else 0


def _is(file: Path, document: dict[str, Any], arguments: list[str]) -> bool:
    made = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if "--check" in arguments:
        return file.exists() and file.read_text(encoding="utf-8") == made
    file.write_text(made, encoding="utf-8")
    return True


def _nothing(behind: Any) -> dict[str, Any]:
    return dict.fromkeys(each.name for each in fields(behind))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
