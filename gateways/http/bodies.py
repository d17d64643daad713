"""What is said in a body, as a model: read by the door itself, so of nobody who is not let in, and no more than it takes."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gateways.http.problems import of_parameters

Said = TypeVar("Said", bound=BaseModel)


def read(model: type[Said], body: bytes) -> Said:
    """An empty body says nothing. Raises `Problem`."""
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise of_parameters(error.errors(), "body") from None


def openapi_of(model: type[BaseModel]) -> dict[str, Any]:
    """For the OpenAPI document, which does not see what a door reads itself."""
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}}}
