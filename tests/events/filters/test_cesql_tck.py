"""The conformance suite of CESQL 1.0, where it is at hand; one case of it is stale, and the newer one of sdk-go right."""

from typing import Any

import pytest
import yaml

from events.filters.candidate import Candidate
from events.filters.cesql import cesql
from events.filters.cesql_text import NotCesql
from tests.events.outside import needs_samples, tck

TCK = tck()
DEFAULT = {"specversion": "1.0", "id": "id", "source": "localhost.localdomain", "type": "myType"}
STALE = ("not_operator.yaml", "NOT 10")


class Loader(yaml.SafeLoader):
    """Leaves times as they are written."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, known) for tag, known in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def cases() -> list[Any]:
    found = []
    for folder in ("cesql_tck", "cesql_tck_sdk_go"):
        for path in sorted((TCK / folder).glob("*.yaml")):
            written = yaml.load(path.read_text(), yaml.BaseLoader)["tests"]
            for case, texts in zip(yaml.load(path.read_text(), Loader)["tests"], written, strict=True):
                case["expression"] = texts["expression"]
                stale = folder == "cesql_tck" and (path.name, case["expression"]) == STALE
                ours = folder == "cesql_tck" or path.name == STALE[0]
                if ours and not stale:
                    found.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))
    return found


@needs_samples
@pytest.mark.parametrize("case", cases())
def test_the_suite_of_the_specification_passes(case):
    event = {**(case.get("event") or DEFAULT), **case.get("eventOverrides", {})}
    try:
        value, fault = cesql(case["expression"]).evaluate(Candidate(event))
        error = None if fault is None else fault.kind
    except NotCesql as refused:
        value, error = False, refused.kind
    assert error == case.get("error")
    if "result" in case:
        assert (type(value), value) == (type(case["result"]), case["result"])
