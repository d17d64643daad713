"""Where the similar view can be kept, for tests that hold for all of these places."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from tests.embedding.similar import Counting, Kept


class Keep(Protocol):
    def __call__(self, *providers: Counting, **more: Any) -> Kept: ...


@pytest.fixture(params=["sqlite", "postgres"])
def keep(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keep]:
    """Makes an empty one."""
    url = request.getfixturevalue("pgvector_server_url") if request.param == "postgres" else ""
    made: list[Kept] = []

    def kept(*providers: Counting, **more: Any) -> Kept:
        made.append(Kept(tmp_path_factory.mktemp("kept"), *providers, url=url, **more))
        return made[-1]

    yield kept
    for each in made:
        each.close()
