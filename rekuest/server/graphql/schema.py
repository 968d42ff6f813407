"""The executable schema: the SDL that the generator merged, bound to resolvers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ariadne import SchemaBindable, make_executable_schema
from graphql import GraphQLEnumType, GraphQLSchema

from rekuest.server.graphql.names import Names
from rekuest.server.graphql.scalars import SCALARS

__all__ = ["executable_schema", "read_sdl"]


@cache
def read_sdl() -> str:
    """Return the merged SDL that ships with the package."""
    return files("rekuest.api").joinpath("schema.graphql").read_text(encoding="utf-8")


def executable_schema(*resolvers: SchemaBindable) -> GraphQLSchema:
    """Bind resolvers to the SDL.  What none is bound to is read by name, or answers `NOT_IMPLEMENTED`."""
    schema = make_executable_schema(read_sdl(), *SCALARS, *resolvers, Names())
    _read_enums_plainly(schema)
    return schema


def _read_enums_plainly(schema: GraphQLSchema) -> None:
    """Undo what ariadne does to enums that stand for Python values: ours are text.

    ariadne 1.1 replaces `parse_value` by a function of one argument, and graphql-core 3.2.14 gives it two,
    so that every enum in a variable would be a defect.
    """
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLEnumType):
            vars(kind).pop("parse_value", None)
