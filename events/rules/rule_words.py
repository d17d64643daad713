"""What is said to rules, and what happened to them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from events.decider import Payload
from events.names import Rid
from events.rules.rule_terms import Change, Severity, Terms
from events.schema import element
from events.schema.kinds import NewTypeName

RuleNamed = Annotated[str, Field(alias="rule", description="rule: API name, slug or RID")]


class CreateRule(Payload):
    """Something that must be true of objects; it is asked of each that a commit changes, from the next commit on."""

    name: NewTypeName
    type: Annotated[str, Field(description="object type: API name, slug or RID; `*` = all of them")]
    changes: Annotated[list[Change] | None, Field(description="which changes it is asked for; all if not given")] = None
    expression: Annotated[
        str, Field(description="CEL over old, new, change, author, branch, type, key, time; true = as it must be")
    ]
    message: Annotated[
        str | None, Field(max_length=500, description="what to say where it is not true; `{key}`, `{new.NAME}` …")
    ] = None
    severity: Annotated[Severity, Field(description="`reject` refuses the commit, `warn` lets it pass")] = "reject"
    title: Annotated[str | None, Field(description="what people call it")] = None
    description: Annotated[str | None, Field(description="what it is for")] = None


class UpdateRule(Payload):
    """Say it otherwise; what is not given stays."""

    element: RuleNamed
    changes: list[Change] | None = None
    expression: str | None = None
    message: Annotated[str | None, Field(max_length=500)] = None
    severity: Severity | None = None


class DisableRule(Payload):
    """It is not asked any more, until it is enabled."""

    element: RuleNamed


class EnableRule(Payload):
    """It is asked again, from the next commit on."""

    element: RuleNamed


class RenameRule(element.Rename):
    """Another API name; the RID, the slug and all that is stored stay as they are."""

    element: RuleNamed


class UpdateRuleMetadata(element.UpdateMetadata):
    """What people read; what is not given stays, `null` takes it away."""

    element: RuleNamed


class DeprecateRule(element.Deprecate):
    """Say that a rule will go, and which one is to be read instead; it holds until it is disabled or deleted."""

    element: RuleNamed


class DeleteRule(element.Delete):
    """It is not asked any more. Its history stays, and it can be restored."""

    element: RuleNamed


class RestoreRule(element.Restore):
    """The rule as it was when it was deleted; its name must be free."""

    element: RuleNamed


class RuleCreated(Payload):
    """A rule was created, which what is written must keep."""

    rid: Rid
    slug: str
    name: str
    title: str | None = None
    description: str | None = None
    terms: Terms


class RuleUpdated(Payload):
    """A rule was changed. All of its terms, as they are from now on."""

    rid: Rid
    slug: str
    terms: Terms


class RuleDisabled(Payload):
    """A rule was disabled: what is written need not keep it."""

    rid: Rid
    slug: str


class RuleEnabled(Payload):
    """A disabled rule was enabled again."""

    rid: Rid
    slug: str


class RuleRenamed(element.Renamed):
    """A rule has another API name; its RID and slug stay as they are."""


class RuleMetadataUpdated(element.MetadataUpdated):
    """The title or the description of a rule changed."""


class RuleDeprecated(element.Deprecated):
    """A rule was deprecated: it will go, and another may take its place."""


class RuleDeleted(element.Deleted):
    """A rule was deleted; its history stays."""


class RuleRestored(element.Restored):
    """A deleted rule was restored as it was."""


COMMANDS: Final[tuple[type[Payload], ...]] = (
    CreateRule,
    UpdateRule,
    DisableRule,
    EnableRule,
    RenameRule,
    UpdateRuleMetadata,
    DeprecateRule,
    DeleteRule,
    RestoreRule,
)
# NOTE stored format: a name is never given to another model; what changes gets the next version, and an upcaster
EVENTS: Final[Mapping[str, type[Payload]]] = {
    "io.oms.rule.created.v1": RuleCreated,
    "io.oms.rule.updated.v1": RuleUpdated,
    "io.oms.rule.disabled.v1": RuleDisabled,
    "io.oms.rule.enabled.v1": RuleEnabled,
    "io.oms.rule.renamed.v1": RuleRenamed,
    "io.oms.rule.metadataUpdated.v1": RuleMetadataUpdated,
    "io.oms.rule.deprecated.v1": RuleDeprecated,
    "io.oms.rule.deleted.v1": RuleDeleted,
    "io.oms.rule.restored.v1": RuleRestored,
}
