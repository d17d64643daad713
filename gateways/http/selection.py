"""Which events a reader wants, said in the query as a subscription says it.

?type=io.oms.object.*&branch=prod/*/main&objectType=Gate&sql=data.properties.status='closed'&filter={"prefix": {…}}
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from events.decider import State
from events.filters import dialects
from events.filters.candidate import Candidate
from events.findings import Finding, Refused
from events.meant import nearest
from events.subscriptions.checks import type_faults
from events.subscriptions.index import Selection, wanted
from events.subscriptions.selecting import is_branches
from queries.cuts import Cut
from queries.subscriptions import classes

Cutting = Callable[[], AbstractContextManager[Cut]]
Test = Callable[[Candidate], bool]
MOST: Final = 100  # of each


class Selecting(BaseModel):
    """All must pass; without any, everything does."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    type: list[str] | None = Field(None, max_length=MOST, description="types; `io.oms.object.*` = all of an aggregate")
    branch: list[str] | None = Field(None, max_length=MOST, description="branches; `*` for a whole part")
    source: str | None = Field(None, max_length=500, description="exactly this CloudEvents source")
    object_type: list[str] | None = Field(
        None,
        alias="objectType",
        max_length=MOST,
        description="types, and those below them, as they are when reading begins: API name, slug or RID",
    )
    filter: list[str] | None = Field(
        None, max_length=MOST, description="filters of the CloudEvents Subscriptions API, each as JSON"
    )
    sql: list[str] | None = Field(None, max_length=MOST, description="expressions of CESQL 1.0")
    access_token: str | None = Field(None, description="for readers that can give no `Authorization` header")

    @property
    def selects(self) -> bool:
        return any((self.type, self.branch, self.source, self.object_type, self.filter, self.sql))


def selected(said: Selecting, cut: Cutting) -> Test | None:
    """`None`: everything passes. `cut` is asked where types of objects are named. Raises `Refused`."""
    if not said.selects:
        return None
    findings = list(type_faults(said.type or (), "/query/type"))
    findings += [
        Finding("SUBSCRIPTION_BRANCH", "/query/branch", f"{each[:200]!r} is no branch, nor several such as prod/*/main")
        for each in said.branch or ()
        if not is_branches(each)
    ]
    filters = [*_filters(said.filter or (), findings), *({"sql": each} for each in said.sql or ())]
    findings += dialects.faults(filters, "/query/filter")
    if findings:
        raise Refused(findings)
    state: State = {"types": said.type, "branches": said.branch, "source": said.source, "filters": filters}
    state = {"name": "", **{name: value for name, value in state.items() if value}}
    return wanted(Selection(state, _slugs(said.object_type, cut) if said.object_type else None))


def _filters(texts: Sequence[str], findings: list[Finding]) -> Iterator[dict[str, Any]]:
    for text in texts:
        try:
            yield json.loads(text)
        except ValueError as error:
            findings.append(Finding("FILTER_SHAPE", "/query/filter", f"{text[:200]!r} is no JSON: {error}"))


def _slugs(names: Sequence[str], cut: Cutting) -> frozenset[str]:
    """Raises `Refused`."""
    with cut() as at:
        known = [version.state for version in at.alive("objectType/")]
        found = [state for state in known if set(_names(state)) & set(names)]
        missing = sorted(set(names).difference(*map(_names, found)))
        if missing:
            meant = [nearest(name, (state["name"] for state in known)) for name in missing]
            text = "there is no object type {!r} on {}; {}"
            raise Refused(
                Finding("TYPE_UNKNOWN", "/query/objectType", text.format(name[:200], at.branch, near))
                for name, near in zip(missing, meant, strict=True)
            )
        slugs = classes(at, {"objectTypes": [{"rid": state["rid"], "slug": state["slug"]} for state in found]})
    assert slugs is not None
    return slugs


def _names(state: State) -> tuple[str, str, str]:
    return state["name"], state["slug"], state["rid"]
