"""How people and programs are named, and what to say of a name that nobody can have."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from events.findings import Finding

_AUTHOR: Final = re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}")


def is_author(name: str) -> bool:
    return _AUTHOR.fullmatch(name) is not None


def author_findings(names: Sequence[str], path: str) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if not is_author(name):
            text = f"{name[:200]!r} is no author; it is <user>@<service>"
            yield Finding("PROPOSAL_REVIEWER", f"{path}/{index}", text)
