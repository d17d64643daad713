"""SQL files: statements that are longer than a line, each under its name."""

import re
from collections.abc import Mapping
from importlib import resources


def statements(file: str) -> Mapping[str, str]:
    """Of a file of this package: what stands behind each line `-- name`."""
    text = resources.files("adapters").joinpath(file).read_text()
    return {
        name: body.strip() for name, body in re.findall(r"^-- (\w+)\n(.+?)(?=\n--|\Z)", text, re.MULTILINE | re.DOTALL)
    }
