"""Strict readers and writers of single messages.  Source: schema/PROTOCOL.md, 1.3, 1.7; called by `codec`.

The generated classes read leniently, as suits responses: `"1"` is an int to them, 10^400 too.  On the
socket a message that is not of its type is refused, so the core schemas of the same classes are made
strict here, once for each class, when its first message arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import SchemaSerializer, SchemaValidator

__all__ = ["reader_of", "writer_of"]

Schema = dict[str, Any]

# GraphQL's Int is an integer of 32 bits; stores rely on it.
_INT: Final[Schema] = {"strict": True, "ge": -(2**31), "le": 2**31 - 1}


def _aware_text(schema: Schema) -> Schema:
    """Take text only: a number would be read as seconds since 1970."""
    aware = {**schema, "tz_constraint": "aware"}
    return {"type": "chain", "steps": [{"type": "str", "strict": True}, aware]}


def _closed(schema: Schema) -> Schema:
    """Take no value that the enum of this version lacks."""
    return {key: value for key, value in schema.items() if key != "missing"}


def _by_alias(schema: Schema) -> Schema:
    """Take field names as they are in the schema, not as they are in Python."""
    config = {**schema.get("config", {}), "validate_by_name": False}
    return {**schema, "config": config}


_STRICT: Final[dict[str, Callable[[Schema], Schema]]] = {
    "int": lambda schema: {**schema, **_INT},
    "float": lambda schema: {**schema, "strict": True, "allow_inf_nan": False},
    "str": lambda schema: {**schema, "strict": True},
    "bool": lambda schema: {**schema, "strict": True},
    "datetime": _aware_text,
    "model": _by_alias,
}

_Rules = dict[str, Callable[[Schema], Schema]]


def _rewrite(part: Any, rules: _Rules) -> Any:
    """Return a core schema in which the rule of each node's type has been followed."""
    if isinstance(part, list):
        return [_rewrite(item, rules) for item in part]
    if not isinstance(part, dict):
        return part
    inner = {key: value if key in _OPAQUE else _rewrite(value, rules) for key, value in part.items()}
    rule = rules.get(inner["type"]) if isinstance(inner.get("type"), str) else None
    return inner if rule is None else rule(inner)


# Keys of core schemas whose values are no schemas.
_OPAQUE: Final = frozenset({"metadata", "members", "default", "expected", "cls"})


@cache
def reader_of(
    model: type[BaseModel], *, closed_enums: bool = False, closed_fields: bool = False
) -> Callable[[Any], Any]:
    """Return the function that makes a message of a class from its JSON object.

    Args:
        model: The class.
        closed_enums: Refuse enum values that this version does not know, instead of keeping them.
        closed_fields: Refuse fields that the type lacks, instead of ignoring them.

    Returns:
        A function that raises `pydantic.ValidationError` if the object is not of the type.
    """
    rules = dict(_STRICT)
    if closed_enums:
        rules["enum"] = _closed
    if closed_fields:
        rules["model-fields"] = lambda schema: {**schema, "extra_behavior": "forbid"}
    return SchemaValidator(_rewrite(model.__pydantic_core_schema__, rules)).validate_python


@cache
def writer_of(model: type[BaseModel]) -> SchemaSerializer:
    """Return the serializer of a class that writes `NaN` as such, where it can be found and refused.

    The generated class writes null in its place: a silent change of a value.
    """
    rules: _Rules = {
        "model": lambda schema: {
            **schema,
            "config": {**schema.get("config", {}), "ser_json_inf_nan": "constants"},
        }
    }
    return SchemaSerializer(_rewrite(model.__pydantic_core_schema__, rules))
