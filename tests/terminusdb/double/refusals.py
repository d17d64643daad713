"""How a TerminusDB server says no."""

import itertools
import json
import uuid

_ids = itertools.count(1)


class Refusal(Exception):
    """An answer that is not 2xx. `left`: the request's body stays unread in its connection."""

    def __init__(self, status: int, body, *, left: bool = False) -> None:
        self.status, self.body, self.left = status, body, left
        super().__init__(f"{status} {body}")


def request_id() -> str:
    return str(uuid.UUID(int=next(_ids)))


def refusal(api: str, kind: str, message: str, status: int = 400, said: str = "failure", *, left=False, **facts):
    """`facts` are the members of `api:error` without their prefix."""
    error = {"@type": f"api:{kind}", **{f"api:{name}": value for name, value in facts.items()}}
    body = {
        "@type": f"api:{api}ErrorResponse",
        "api:error": error,
        "api:message": message,
        "api:request_id": request_id(),
        "api:status": f"api:{said}",
    }
    return Refusal(status, body, left=left)


def unfit(api: str, *witnesses):
    return refusal(api, "SchemaCheckFailure", "Schema check failure", witnesses=list(witnesses))


def unfit_elsewhere(*witnesses):
    """As calls other than those on documents say it."""
    body = {"api:message": "Schema check failure", "api:status": "api:failure", "system:witnesses": list(witnesses)}
    return Refusal(400, body)


def missing(api: str, name: str):
    return refusal(api, "MissingParameter", f"Missing parameter: {name}", parameter=name)


def bad(api: str, name: str, wanted: str, value):
    plain = (
        isinstance(value, str) and value.replace("-", "").isalnum() and not value.startswith("-") and value.islower()
    )
    shown = value if plain else f"'{value}'" if isinstance(value, str) else prolog(value)
    text = f"Expected parameter '{name}' of type '{wanted}` but found: {shown}"
    return refusal(api, "BadParameterType", text, expected_type=wanted, parameter=name, value=value)


def type_error(value, wanted: str):
    """Where something is no dictionary, as the query engine says it."""
    shown = None if value is None else prolog(value)
    text = f"Type error for {prolog(value)} which should be {wanted}"
    body = {
        "@type": "api:WoqlErrorResponse",
        "api:error": {"@type": "api:TypeError", "api:actual_value": shown, "api:expected_type": wanted},
        "api:message": text,
        "api:status": "api:failure",
        "system:witnesses": [
            {
                "@type": "vio:ViolationWithDatatypeObject",
                "vio:literal": shown,
                "vio:message": text,
                "vio:type": wanted,
            }
        ],
    }
    return Refusal(400, body)


def unhandled():
    body = {
        "@type": "api:UnhandledErrorResponse",
        "api:error": {"@type": "api:InternalServerError"},
        "api:message": "An internal server error occurred. Please contact the administrator.",
        "api:status": "api:server_error",
    }
    return Refusal(500, body)


def exhausted(api: str):
    text = "Transaction retry count exceeded in internal operation"
    return refusal(api, "TransactionRetryExceeded", text, 500, "server_error")


def no_json(text: str):
    return Refusal(
        400,
        {"api:message": "Submitted object was not valid JSON", "api:status": "api:failure", "system:object": text},
    )


class Term(str):
    """What Prolog writes as it is."""

    __slots__ = ()


def prolog(value) -> str:
    """A value as Prolog writes it."""
    match value:
        case Term():
            return value
        case None:
            return "null"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{','.join(map(prolog, value))}]"
        case dict():
            return "json{" + ",".join(f"{_atom(name)}:{prolog(value[name])}" for name in sorted(value)) + "}"
        case bool():
            return str(value).lower()
    return str(value)


def _atom(name: str) -> str:
    return name if name[:1].islower() and name.replace("_", "").isalnum() else f"'{name}'"
