"""The page on finding by meaning names the providers, models and codes that there are."""

import re
from importlib import import_module
from pathlib import Path

from documents.passages import MOST, PASSAGE_BYTES
from oms.embedding import _MADE, EmbeddingProvider
from queries.similar import DAMPING

PAGE = (Path(__file__).parents[2] / "docs" / "embeddings.md").read_text(encoding="utf-8")


def test_every_provider_has_a_row_with_its_library_and_its_model():
    rows = {
        name: (extra, model)
        for name, extra, model in re.findall(r"^\| `(\w+)` \| (.+?) \| .+? \| (.+?) \|$", PAGE, re.MULTILINE)
    }
    assert sorted(rows) == sorted(EmbeddingProvider)
    for name, (extra, model) in rows.items():
        made = _MADE[EmbeddingProvider(name)]
        assert extra == f"`oms[{made.extra}]`" if made.extra else extra.startswith("in OMS")
        default = getattr(import_module(f"adapters.{made.adapter}"), "MODEL", None)
        assert default in (None, model)


def test_sizes_and_codes_are_those_of_the_source():
    assert f"more than {PASSAGE_BYTES:,} bytes" in PAGE
    assert f"{MOST} passages at most" in PAGE
    assert f"1/({DAMPING} + rank)" in PAGE
    source = (Path(__file__).parents[2] / "workers" / "embedding.py").read_text(encoding="utf-8")
    assert set(re.findall(r'"(EMBEDDING_\w+)"', source)) == set(
        re.findall(r"^\| (EMBEDDING_\w+) \|", PAGE, re.MULTILINE)
    )
