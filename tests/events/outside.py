"""Samples that others wrote, read where they are at hand and never copied."""

import os
from pathlib import Path

import pytest


def tck() -> Path:
    """The folder with samples: `OMS_TCK`, or `shared/tck` beside any folder above this file."""
    told = os.environ.get("OMS_TCK")
    places = [Path(told)] if told else [above / "shared" / "tck" for above in Path(__file__).resolve().parents]
    return next((place for place in places if place.is_dir()), Path("no-samples"))


needs_samples = pytest.mark.skipif(not tck().is_dir(), reason="no samples: set OMS_TCK to their folder")
