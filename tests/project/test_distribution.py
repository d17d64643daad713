"""Each top-level package is ours: loaded from this tree, named by no other distribution, and in the wheel."""

import importlib
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_loads_from_this_tree_and_belongs_to_no_other_distribution(package: str) -> None:
    module = importlib.import_module(package)
    assert Path(str(module.__file__)).is_relative_to(ROOT), f"{package} was overwritten by {module.__file__}"
    assert set(packages_distributions().get(package, [])) <= {PYPROJECT["project"]["name"]}


def test_every_package_is_checked_by_the_linter_and_by_mypy() -> None:
    assert sorted(PYPROJECT["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)
    assert sorted(PYPROJECT["tool"]["mypy"]["packages"]) == sorted(PACKAGES)


def test_the_wheel_holds_every_package_and_nothing_else(tmp_path: Path) -> None:
    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    names = zipfile.ZipFile(wheel).namelist()
    top_level = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top_level == set(PACKAGES)
    assert "oms/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
