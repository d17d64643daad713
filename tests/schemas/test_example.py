"""An example of each event is what its schema describes, and what its model reads."""

import jsonschema
import pytest

from events.catalog import EVENTS
from schemas.example import event_example


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_example_fits_its_schema_and_its_model(name):
    model, made = EVENTS[name], event_example(name)
    jsonschema.Draft202012Validator(model.model_json_schema(by_alias=True)).validate(made)
    model.model_validate(made, by_alias=True)
    assert made
