"""What is read plainly is what pydantic reads; what pydantic refuses is never plain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, field_validator

from events import catalog
from events.command import CommandMessage, PartMessage
from events.plain import made, never, reader

MODELS = [command.model for command in catalog.COMMANDS.values()] + [CommandMessage, PartMessage]
PLAIN = [model for model in MODELS if reader(model) is not never]

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(allow_nan=False)
values = scalars | st.sampled_from(["x" * 200, "x" * 201, "1-1"]) | st.lists(scalars, max_size=2)
values |= st.dictionaries(st.text(max_size=3), scalars, max_size=3)


def documents(model):
    """Maps with the model's names, most of them right."""
    fitting = {
        info.alias or name: values | st.just("김포") | st.just({"a": 1}) for name, info in model.model_fields.items()
    }
    required = {info.alias or name for name, info in model.model_fields.items() if info.is_required()}
    given = {name: fitting[name] for name in required}
    optional = {name: values for name, values in fitting.items() if name not in required} | {"more": scalars}
    return (
        st.fixed_dictionaries(given, optional=optional) | st.dictionaries(st.sampled_from([*fitting]), values) | values
    )


@given(st.data())
def test_read_plainly_or_by_pydantic_it_is_the_same(data):
    model = data.draw(st.sampled_from(PLAIN))
    document = data.draw(documents(model))
    plain = reader(model)(document)
    try:
        validated = model.model_validate(document, by_alias=True, by_name=False)
    except ValidationError:
        assert plain is None
    else:
        assert plain is None or plain == validated
        assert plain is None or plain.model_fields_set == validated.model_fields_set
        assert plain is None or plain.model_dump(exclude_unset=True) == validated.model_dump(exclude_unset=True)


def test_the_common_commands_are_plain():
    assert reader(CommandMessage)({"id": "1", "type": "CreateObject", "branch": "a/b/c", "data": {}})
    assert catalog.COMMANDS["CreateObject"].read({"type": "Flight", "properties": {"a": [1]}})
    assert catalog.COMMANDS["UpdateObject"].read({"type": "Flight", "key": "7", "patch": {"a": None}})


@pytest.mark.parametrize(
    "update", [{"patch": {}, "operations": []}, {}, {"key": ["7"], "patch": {}}, {"patch": {}, "colour": 1}]
)
def test_what_is_not_plain_is_left_to_pydantic(update):
    assert catalog.COMMANDS["UpdateObject"].read({"type": "Flight", "key": "7", **update}) is None


class Narrowed(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def _upper(cls, name: str) -> str:
        return name.upper()


class Patterned(BaseModel):
    name: str = Field(pattern="^a")


class Numbers(BaseModel):
    numbers: list[int]


@pytest.mark.parametrize("model", [Narrowed, Patterned, Numbers])
def test_a_model_that_does_more_than_the_table_can_say_is_never_plain(model):
    assert reader(model) is never


def test_what_is_made_equals_what_is_constructed():
    given = {"type": "ri", "slug": "Flight", "key": "1", "properties": {"a": 1}}
    model = catalog.EVENTS["io.oms.object.created.v1"]
    assert made(model, dict(given)) == model(**given)
    assert made(model, dict(given)).model_dump() == model(**given).model_dump()
    assert made(model, dict(given)).model_fields_set == set(given)
