"""What lets `oms.client` send large values: split as OMS itself splits them, so that what is stored is not sent again."""

from typing import Any

from oms.client.commands import Sectioned


def split(value: Any) -> Sectioned | None:
    """`None` for a value that is kept as it is. Raises `ValueError` for one that cannot be kept in sections."""
    from documents.splitting import split as pieces  # who sends no large value need not load it

    found = pieces(value)
    return None if found is None else Sectioned(found.stub.json(), found.sections)
