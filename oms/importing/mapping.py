"""A mapping says what a row of a file is: which objects and links, from which columns. Pure.

`docs/import.md` shows one, with all that it may say.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from events.faults import fault_text

Row = Mapping[str, Any]
Command = dict[str, Any]


class MappingRefused(Exception):
    """A mapping that cannot be used; every reason is in the text."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _named(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _conditions(value: object) -> object:
    return value if isinstance(value, dict) else dict.fromkeys(_listed(value))  # type: ignore[call-overload]  # checked next


class Source(_Strict):
    """Where a value comes from: a column, several (a key's components), or the mapping itself."""

    column: str | None = None
    columns: list[str] | None = None
    value: Any = None
    as_: Annotated[Literal["string", "integer", "number", "boolean", "json"] | None, Field(alias="as")] = None
    split: Annotated[str | None, Field(min_length=1)] = None  # the text is a list, parted by this
    strip: str = ""  # a beginning that is left out, such as that of an IRI
    first: bool = False  # of a list its first item

    @model_validator(mode="after")
    def _one(self) -> "Source":
        if (self.column, self.columns, self.value).count(None) != 2:
            raise ValueError("give one of column, columns and value")
        if self.column is None and (self.as_, self.split, self.strip, self.first) != (None, None, "", False):
            raise ValueError("as, split, strip and first say what becomes of one column")
        return self

    def needed(self) -> list[str]:
        return [self.column] if self.column is not None else self.columns or []


From = Annotated[Source, BeforeValidator(_named)]
Ends = Annotated[list[From], BeforeValidator(_listed), Field(min_length=1)]
Condition = Annotated[dict[str, Any], BeforeValidator(_conditions)]
"""Columns that must hold something, or the value that they must hold (of a list: one of its items)."""


class ObjectRule(_Strict):
    type: str
    properties: Annotated[dict[str, From], Field(min_length=1)]
    command: Literal["UpsertObject", "CreateObject"] = "UpsertObject"
    when: Condition = {}
    effective: From | None = None


class LinkRule(_Strict):
    type: str
    from_: Annotated[Ends, Field(alias="from")]
    to: Ends
    when: Condition | None = None
    effective: From | None = None


class RowMapping(_Strict):
    """What a mapping file holds."""

    absent: list[str] = [""]
    effective: From | None = None  # since when the row is true; a rule may say its own
    types: list[dict[str, Any]] = []  # data of CreateObjectType, decided before the first row
    link_types: Annotated[list[dict[str, Any]], Field(alias="linkTypes")] = []  # of CreateLinkType
    objects: list[ObjectRule] = []
    links: list[LinkRule] = []
    links_last: Annotated[bool | None, Field(alias="linksLast")] = None  # `None`: as the kind of file needs it

    @model_validator(mode="after")
    def _something(self) -> "RowMapping":
        if not self.objects and not self.links:
            raise ValueError("a mapping has objects or links")
        return self

    def passes(self, *, links_last: bool) -> list["RowMapping"]:
        """What is read of a file in one go, one after the other: where links may point ahead, all objects come first."""
        if not (links_last if self.links_last is None else self.links_last) or not (self.objects and self.links):
            return [self]
        return [self.model_copy(update={"links": []}), self.model_copy(update={"objects": []})]

    def columns(self) -> set[str]:
        """Every column of which it takes a value or that it looks at."""
        sources = [source for rule in self.objects for source in rule.properties.values()]
        sources += [source for link in self.links for source in (*link.from_, *link.to)]
        rules: list[ObjectRule | LinkRule] = [*self.objects, *self.links]
        sources += [said for said in (self.effective, *(rule.effective for rule in rules)) if said is not None]
        asked = {column for rule in rules for column in rule.when or ()}
        return asked.union(*(source.needed() for source in sources))

    def declarations(self) -> list[Command]:
        """The types that rows are of; those that are there as they are said are left as they are."""
        declared = [{"type": "CreateObjectType", "data": data} for data in self.types]
        return declared + [{"type": "CreateLinkType", "data": data} for data in self.link_types]


def mapping_of(document: object) -> RowMapping:
    """Raises `MappingRefused`."""
    try:
        return RowMapping.model_validate(document)
    except ValidationError as error:
        found = (
            ": ".join(
                filter(
                    None, ["/".join(map(str, one["loc"])), fault_text(one, see="docs/import.md shows what there is")]
                )
            )
            for one in error.errors(include_url=False)
        )
        raise MappingRefused("; ".join(found)) from None
