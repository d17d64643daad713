"""The page on types and objects names the value types there are, and the key's components as they are encoded."""

import re
from pathlib import Path
from typing import get_args

from events.names import composed_key
from events.schema.shape import KEY_TYPES
from events.schema.values import ValueType

PAGE = (Path(__file__).parents[2] / "docs" / "ontology.md").read_text(encoding="utf-8")


def test_the_page_lists_every_value_type():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(get_args(ValueType))


def test_the_page_says_what_a_key_is_made_of():
    (named,) = re.findall(r"required scalar properties: (.+)\.", PAGE)
    assert re.split(", | or ", named) == list(KEY_TYPES)
    assert f"`{composed_key(['2013-01-01', 'UA'])}`" in PAGE
