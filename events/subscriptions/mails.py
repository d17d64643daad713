"""What was made of an event, as a letter for people: a subject and a text. Pure.

"a text"                       the text; its first line is the subject, too
{"subject": …, "text": …}      both, as they are said
anything else                  its JSON, indented; of an event type and subject make the subject
"""

import json
from typing import Any, Final, NamedTuple

LONGEST: Final = 200  # characters of a subject
_OTHERWISE: Final = "an event of OMS"


class Mail(NamedTuple):
    subject: str
    text: str


def mail(body: bytes) -> Mail:
    """`body` is JSON. A subject is one line."""
    said = json.loads(body)
    if isinstance(said, str):
        return Mail(_line(said), said)
    if isinstance(said, dict) and said.keys() <= {"subject", "text"} and isinstance(said.get("text"), str):
        return Mail(_line(said.get("subject") or said["text"]), said["text"])
    subject = f"{said['type']} {said.get('subject', '')}" if isinstance(said, dict) and "type" in said else _OTHERWISE
    return Mail(_line(subject), json.dumps(said, ensure_ascii=False, indent=2))


def addresses(sink: str) -> list[str]:
    return sink.removeprefix("mailto:").split(",")


def permitted(address: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of `somebody@example.com`, `*@example.com` or `*` is it; domains in any case."""
    user, _, domain = address.rpartition("@")
    return any(
        each in ("*", f"{user}@{domain.lower()}", f"*@{domain.lower()}") for each in map(_lower_domain, patterns)
    )


def _lower_domain(pattern: str) -> str:
    user, at, domain = pattern.rpartition("@")
    return f"{user}{at}{domain.lower()}"


def _line(value: Any) -> str:
    first = next((line.strip() for line in str(value).splitlines() if line.strip()), _OTHERWISE)
    printable = "".join(each if each.isprintable() else " " for each in first)
    return printable if len(printable) <= LONGEST else printable[: LONGEST - 1] + "…"
