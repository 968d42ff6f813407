"""The conventions of schema/README.md hold for every name of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    introspection_types,
    specified_scalar_types,
)

from tools.sources import ROOT

SCHEMA = build_schema((ROOT / "rekuest" / "api" / "schema.graphql").read_text(encoding="utf-8"))
TYPES = [
    kind
    for name, kind in SCHEMA.type_map.items()
    if name not in introspection_types and name not in specified_scalar_types
]
FIELDED = (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)


def described(kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Yield (path, description) of a type and all that is in it."""
    yield kind.name, kind.description
    if isinstance(kind, GraphQLEnumType):
        for name, value in kind.values.items():
            yield f"{kind.name}.{name}", value.description
    if isinstance(kind, FIELDED):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field.description
            for key, argument in getattr(field, "args", {}).items():
                yield f"{kind.name}.{name}({key})", argument.description


def field_names(schema: GraphQLSchema) -> Iterator[str]:
    """Yield the names of all fields and arguments."""
    for kind in schema.type_map.values():
        if isinstance(kind, FIELDED) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                yield from (name, *getattr(field, "args", {}))


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_everything_is_described(kind: GraphQLNamedType) -> None:
    assert [path for path, text in described(kind) if not (text or "").strip()] == []


def test_case() -> None:
    assert [
        name for name in field_names(SCHEMA) if not re.fullmatch("[a-z][A-Za-z0-9]*", name)
    ] == []
    assert [it.name for it in TYPES if not re.fullmatch("[A-Z][A-Za-z0-9]*", it.name)] == []
    enums = [kind for kind in TYPES if isinstance(kind, GraphQLEnumType)]
    values = [value for kind in enums for value in kind.values]
    assert [value for value in values if not re.fullmatch("[A-Z][A-Z0-9_]*", value)] == []


def test_a_mutation_takes_one_input_and_answers_with_its_payload() -> None:
    assert SCHEMA.mutation_type is not None
    for name, field in SCHEMA.mutation_type.fields.items():
        stem = name[0].upper() + name[1:]
        assert {key: str(it.type) for key, it in field.args.items()} == {"input": f"{stem}Input!"}
        assert str(field.type) == f"{stem}Payload!"


def test_a_connection_has_items_and_a_page_and_is_read_by_cursor() -> None:
    for kind in filter(lambda it: isinstance(it, GraphQLObjectType), TYPES):
        assert isinstance(kind, GraphQLObjectType)
        if kind.name.endswith("Connection"):
            assert set(kind.fields) == {"items", "pageInfo"}
        for field in kind.fields.values():
            if get_named_type(field.type).name.endswith("Connection"):
                assert {"first", "after"} <= set(field.args)
