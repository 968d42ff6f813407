"""What the templates render: plain Python modules, classes and functions, no syntax of GraphQL.

Annotations are texts that are right inside the module that holds them: a `Module` turns a `Ref`
to another module's name into one, and remembers the import.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from graphql import (
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
)

__all__ = [
    "Argument",
    "Enumeration",
    "Field",
    "Function",
    "Member",
    "Model",
    "Module",
    "Ref",
    "Union",
]


@dataclass(frozen=True)
class Ref:
    """A named Python type."""

    module: str  # "enums", "fragments.node"…, relative to the package; "": a builtin
    name: str


@dataclass(frozen=True)
class Field:
    """An attribute of a model."""

    name: str
    key: str  # its GraphQL name
    annotation: str
    doc: str = ""
    default: str | None = None  # an expression; None: required
    alias: str | None = None  # only where camelCase of the name is not the key


@dataclass(frozen=True)
class Model:
    """A class with fields."""

    name: str
    bases: tuple[str, ...]
    doc: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Union:
    """An alias of several models, told apart by `__typename`."""

    name: str
    doc: str
    members: tuple[tuple[str, str], ...]  # (class, tag)
    tags: tuple[tuple[str, str], ...]  # (type name, tag); a type that is not here is of the rest
    rest: str  # the tag of the rest class


@dataclass(frozen=True)
class Member:
    """One value of an enum."""

    name: str
    value: str
    doc: str


@dataclass(frozen=True)
class Enumeration:
    """An enum."""

    name: str
    doc: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Argument:
    """A parameter of a function."""

    name: str
    annotation: str
    doc: str
    is_required: bool


@dataclass(frozen=True)
class Function:
    """The two faces of one operation."""

    name: str
    constant: str
    operation: str
    kind: Literal["query", "mutation", "subscription"]
    document: str
    sha256: str
    module: str  # of the models, relative to the package
    result: str
    field: str | None  # attribute of the result that is returned
    variables_model: str | None
    arguments: tuple[Argument, ...]
    variables: str  # an expression: the dictionary of variables
    returns: str
    doc: str
    returns_doc: str


@dataclass
class Module:
    """A module in the making."""

    path: str  # dotted, relative to the package
    doc: str = ""
    items: list[Model | Union] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)

    def name_of(self, ref: Ref) -> str:
        """Return how this module spells a type, importing its module if it is another."""
        if ref.module in ("", self.path):
            return ref.name
        self.imports.add(ref.module)
        return f"_{ref.module.replace('.', '_')}.{ref.name}"

    def annotate(
        self, type_: GraphQLInputType | GraphQLOutputType, ref: Ref, sequence: str = "list"
    ) -> str:
        """Return the annotation of a GraphQL type whose named type is `ref`, null included."""
        if isinstance(type_, GraphQLNonNull):
            return self._bare(type_.of_type, ref, sequence)
        return f"{self._bare(type_, ref, sequence)} | None"

    def _bare(self, type_: GraphQLInputType | GraphQLOutputType, ref: Ref, sequence: str) -> str:
        if isinstance(type_, GraphQLList):
            return f"{sequence}[{self.annotate(type_.of_type, ref, sequence)}]"
        return self.name_of(ref)
