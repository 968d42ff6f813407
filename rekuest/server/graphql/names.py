"""Binds what no resolver is written for: SDL's camelCase to Python's snake_case, and concepts that come later."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from ariadne import SchemaBindable
from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
)

__all__ = ["LATER", "Names", "not_implemented", "snake_case"]

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")

# Fields of objects whose concept comes with a later version.  Root fields need no entry: each that no
# resolver is bound to is one.  tests/server/graphql/test_not_implemented.py lists both.
LATER: Mapping[str, frozenset[str]] = {
    "Me": frozenset({"roles"}),
    "User": frozenset({"groups", "roles"}),
}
ROOTS = ("Query", "Mutation", "Subscription")


def snake_case(name: str) -> str:
    """Return a schema name as Python writes it: `createdAt` is `created_at`."""
    return _CAPITAL.sub(r"_\1", name).lower()


def not_implemented(concept: str) -> GraphQLError:
    """Return the error of a field whose resolver comes with a later version."""
    return GraphQLError(
        f"{concept!r} is in the schema, and its resolver comes with a later version of the server",
        extensions={"code": "NOT_IMPLEMENTED", "concept": concept},
    )


def _later(concept: str) -> Callable[..., Any]:
    def resolve(source: object, info: GraphQLResolveInfo, **arguments: object) -> Any:
        raise not_implemented(concept)

    return resolve


def _later_source(concept: str) -> Callable[..., AsyncIterator[Any]]:
    async def subscribe(source: object, info: GraphQLResolveInfo, **arguments: object) -> Any:
        raise not_implemented(concept)

    return subscribe  # type: ignore[return-value]  # it raises before it could iterate


def _attribute(field_name: str) -> Callable[..., Any]:
    """Return what reads a field from a record, or from a wire object by its wire name."""
    name = snake_case(field_name)

    def resolve(source: object, info: GraphQLResolveInfo, **arguments: object) -> Any:
        if isinstance(source, Mapping):
            return source.get(field_name)
        return getattr(source, name)

    return resolve


class Names(SchemaBindable):
    """Binds each field that has no resolver.  The last bindable: it leaves what is bound."""

    def bind_to_schema(self, schema: GraphQLSchema) -> None:
        """Give each argument and input field its Python name and each field a resolver."""
        for kind in schema.type_map.values():
            if kind.name.startswith("__"):
                continue
            if isinstance(kind, GraphQLInputObjectType):
                for name, given in kind.fields.items():
                    given.out_name = given.out_name or snake_case(name)
            elif isinstance(kind, GraphQLObjectType):
                for name, field in kind.fields.items():
                    _bind(kind.name, name, field)
            elif isinstance(kind, GraphQLUnionType):
                kind.resolve_type = kind.resolve_type or _typename

    def __repr__(self) -> str:
        return "Names()"


def _bind(type_name: str, name: str, field: GraphQLField) -> None:
    for argument_name, argument in field.args.items():
        argument.out_name = argument.out_name or snake_case(argument_name)
    if field.resolve is not None or field.subscribe is not None:
        return
    concept = name if type_name in ROOTS else f"{type_name}.{name}"
    if type_name == "Subscription":
        field.subscribe = _later_source(concept)
    if type_name in ROOTS or name in LATER.get(type_name, ()):
        field.resolve = _later(concept)
    else:
        field.resolve = _attribute(name)


def _typename(source: Any, *_: object) -> str:
    """Return which member of a union a wire object is."""
    return str(source["__typename"])
