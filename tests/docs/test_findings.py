"""The table of findings holds the codes of the source: no more, no fewer."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "events",
    "producers",
    "projectors",
    "queries",
    "workers",
    "gateways",
    "adapters",
    "documents",
    "security",
    "oms",
)
CHANGES = {"breaking.py", "schema_change.py", "schema_property.py"}  # classes of changes: no findings
AREAS = (
    "ACTION",
    "BRANCH",
    "CALENDAR",
    "COMMAND",
    "COMMIT",
    "DOCUMENT",
    "EMBEDDING",
    "EVENT",
    "FILTER",
    "GATEWAY",
    "IMPORT",
    "INTERFACE",
    "KEYS",
    "LINK",
    "LOG",
    "MERGE",
    "MIGRATION",
    "OBJECT",
    "PII",
    "PROPERTY",
    "PROPOSAL",
    "REPAIR",
    "RULE",
    "SCHEDULE",
    "SECTION",
    "SIMILAR",
    "SQL",
    "STRUCT",
    "SUBJECT",
    "SUBSCRIPTION",
    "TABLE",
    "TAG",
    "TAMPER",
    "TIME",
    "TYPE",
    "UNAVAILABLE",
    "VALUE",
    "VERSION",
    "WAIT",
)
CODE = re.compile(rf"({'|'.join(AREAS)})(_[A-Z0-9]+)+")


def codes(source: Path) -> Iterator[str]:
    """Texts that are codes; in calls, comparisons, class fields and types alike."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def test_the_table_is_complete():
    found = {
        code
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if file.name not in CHANGES
        for code in codes(file)
    }
    # commands are read by the same strict reader as events, under codes of their own
    read = {code.replace("EVENT_", "COMMAND_", 1) for code in codes(ROOT / "events" / "wire" / "strict_json.py")}
    rows = re.findall(r"^\| ([A-Z0-9_]+) \|", (ROOT / "docs" / "findings.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(found | read)
