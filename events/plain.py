"""Makes payloads without pydantic's work, where pydantic could find nothing: of values that are ours, or plainly right.

A model of plain fields (texts, whole numbers, maps; bounded, or `None`) is compiled once into a table of them. What fits
the table is right; whatever does not is left to pydantic, which knows why.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Model = TypeVar("Model", bound=BaseModel)
Read = Callable[[Any], Model | None]
"""The model of decoded JSON, `None` where pydantic must look at it. Values are shared, not copied."""

_new: Final = object.__new__
_set_values: Final = object.__setattr__
_set_named: Final = BaseModel.__pydantic_fields_set__.__set__  # type: ignore[attr-defined]  # a slot of the class
_set_extra: Final = BaseModel.__pydantic_extra__.__set__  # type: ignore[union-attr]
_set_private: Final = BaseModel.__pydantic_private__.__set__  # type: ignore[union-attr]


def made(model: type[Model], values: dict[str, Any], named: set[str] | None = None) -> Model:
    """What `model_construct` makes of all fields' values, at a third of its time. `named` = those given, if not all.

    The model has no private attributes; `values` is its own from now on.
    """
    one = _new(model)
    _set_values(one, "__dict__", values)
    _set_named(one, set(values) if named is None else named)
    _set_extra(one, None)
    _set_private(one, None)
    return one


class _Field(NamedTuple):
    attribute: str
    kind: type
    bounds: tuple[int, int] | None  # of a text's length, or of a number


_NO_BOUND: Final = 2**63
_KINDS: Final = (str, int, dict)


def reader(model: type[Model]) -> Read[Model]:
    """What reads that model quickly; `never` for one that pydantic must always look at."""
    fields = _table(model)
    decorators = model.__pydantic_decorators__
    if fields is None or decorators.field_validators:
        return never
    if any(info.default_factory for info in model.model_fields.values()):
        return never
    if any(one.info.mode != "after" for one in decorators.model_validators.values()):
        return never
    checks = [one.func for one in decorators.model_validators.values()]
    defaults = {
        name: info.get_default(call_default_factory=True)
        for name, info in model.model_fields.items()
        if not info.is_required()
    }
    required = frozenset(info.alias or name for name, info in model.model_fields.items() if info.is_required())

    def read(given: Any) -> Model | None:
        if type(given) is not dict or not required <= given.keys():
            return None
        values: dict[str, Any] = defaults.copy()
        named = set()
        for name, value in given.items():
            field = fields.get(name)
            if field is None:
                return None
            attribute, kind, bounds = field
            if kind is not type(value) or (bounds is not None and not bounds[0] <= _size(value) <= bounds[1]):
                return None
            values[attribute] = value
            named.add(attribute)
        one = made(model, values, named)
        return one if not checks or _passes(one, checks) else None

    return read


def _table(model: type[BaseModel]) -> dict[str, _Field] | None:
    """The plain fields by the names of their values; `None` where a required one is not plain."""
    fields: dict[str, _Field] = {}
    for attribute, info in model.model_fields.items():
        field = _plain(attribute, info)
        if field is not None:
            fields[info.alias or attribute] = field
        elif info.is_required():
            return None
    return fields


def _size(value: Any) -> int:
    size: int = len(value) if isinstance(value, str) else value
    return size


def never(_given: Any) -> None:
    """Reads nothing plainly."""


def _passes(one: BaseModel, checks: Sequence[Callable[..., Any]]) -> bool:
    try:
        for check in checks:
            check(one)
    except ValueError:
        return False
    return True


def _plain(attribute: str, info: FieldInfo) -> _Field | None:
    """Of several alternatives the one that is plain; what is of another goes to pydantic."""
    kinds = [kind for kind in _alternatives(info.annotation) if (get_origin(kind) or kind) in _KINDS]
    if len(kinds) != 1 or get_args(kinds[0]) not in ((), (str, Any)):
        return None
    kind = get_origin(kinds[0]) or kinds[0]
    least, most = (-_NO_BOUND, _NO_BOUND) if kind is int else (0, _NO_BOUND)
    for bound in info.metadata:
        match bound:
            case MinLen(min_length=length) if kind is str:
                least = length
            case MaxLen(max_length=length) if kind is str:
                most = length
            case Ge(ge=int(limit)) if kind is int:
                least = limit
            case _:
                return None
    free = kind is not int and (least, most) == (0, _NO_BOUND)
    return _Field(attribute, kind, None if free else (least, most))


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, type(int | None)) else (annotation,)
