"""Writes the OpenAPI document of the gateway, `schemas/openapi.json`, anew from its doors.

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

FILE: Final = Path(schemas.__path__[0]) / "openapi.json"


def document() -> dict[str, Any]:
    """Of doors with nothing behind them: nobody comes in."""
    nothing: dict[str, Any] = dict.fromkeys(each.name for each in fields(Behind))
    behind = Behind(**{**nothing, "rate": 0})
    return application(behind).openapi()


def main(arguments: list[str], file: Path = FILE) -> int:
    made = json.dumps(document(), ensure_ascii=False, indent=2) + "\n"
    if "--check" not in arguments:
        file.write_text(made, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != made:
        sys.stderr.write(f"{file.name} differs from the doors; run `make schemas`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
