"""A column of an answer, and how its values are made of versions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from queries.sql.columns import Column
from queries.sql.scans import Seen

Cells = Callable[[Sequence[Seen], Sequence[Mapping[str, Any]]], list[Any]]
"""Of versions and the properties of each by field. Of a property, what stands there hangs on its value alone, unless that is closed."""


class Told(NamedTuple):
    """`source`: the field of a property, else what the column is called where no property has its name.

    `plain`: a value of the column's own type is told as it is stored.
    """

    column: Column
    cells: Cells
    source: str = ""
    of_properties: bool = False
    plain: bool = False
