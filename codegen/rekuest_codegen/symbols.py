"""The Python names of the schema's enums, inputs and scalars, and which of them are used.

One `Symbols` serves a whole run: it also owns the names that the package exports, so that no
class of any module meets another.
"""

from __future__ import annotations

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLScalarType,
    GraphQLSchema,
)

from rekuest_codegen import names
from rekuest_codegen.ir import Enumeration, Member, Ref
from rekuest_codegen.problems import Report
from rekuest_codegen.settings import Scalar, Settings

__all__ = ["Symbols", "description"]

_BUILTIN = {"ID": "str", "String": "str", "Int": "int", "Float": "float", "Boolean": "bool"}
ANY = Scalar("typing.Any")


class Symbols:
    """Gives leaf and input types their Python names."""

    def __init__(self, schema: GraphQLSchema, settings: Settings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self.public = names.Scope({"UNSET", "Client"})  # every class that the package exports
        self.enums: dict[str, GraphQLEnumType] = {}  # {Python name: type}, only used ones
        self.inputs: dict[str, GraphQLInputObjectType] = {}  # likewise
        self.scalars: dict[str, Scalar] = {}  # likewise
        # Names are given to all types, used or not: a new operation renames nothing.
        self._names = {
            name: self.public.take(names.class_name(name))
            for name, type_ in sorted(schema.type_map.items())
            if isinstance(type_, GraphQLEnumType | GraphQLInputObjectType)
        }
        own = names.Scope()
        self._scalar_names = {
            name: own.take(names.class_name(name))
            for name, type_ in sorted(schema.type_map.items())
            if isinstance(type_, GraphQLScalarType) and name not in _BUILTIN
        }

    def leaf(self, type_: GraphQLNamedType) -> Ref:
        """Return the Python type of a scalar, enum or input, marking it as used."""
        if isinstance(type_, GraphQLEnumType):
            return Ref("enums", self.use_enum(type_))
        if isinstance(type_, GraphQLInputObjectType):
            name = self._names[type_.name]
            if name not in self.inputs:
                self.inputs[name] = type_
                self._use_fields(type_)
            return Ref("inputs", name)
        if type_.name in _BUILTIN:
            return Ref("", _BUILTIN[type_.name])
        name = self._scalar_names[type_.name]
        if name not in self.scalars:
            self.scalars[name] = self._scalar(type_)
        return Ref("scalars", name)

    def use_enum(self, type_: GraphQLEnumType) -> str:
        """Mark an enum as used and return its name."""
        name = self._names[type_.name]
        self.enums[name] = type_
        return name

    def _use_fields(self, type_: GraphQLInputObjectType) -> None:
        for field in type_.fields.values():
            named = field.type
            while hasattr(named, "of_type"):
                named = named.of_type
            self.leaf(named)

    def _scalar(self, type_: GraphQLNamedType) -> Scalar:
        if type_.name not in self._settings.scalars:
            fix = f"say what it is: {type_.name} under [tool.rekuest-codegen.scalars]"
            message = f"scalar {type_.name!r} is not in the settings; it becomes typing.Any"
            self._report.warnings.append(self._report.at_node(type_.ast_node, message, fix))
        return self._settings.scalars.get(type_.name, ANY)

    def enumerations(self) -> list[Enumeration]:
        """Return the used enums, ordered by name."""
        return [_enumeration(name, type_) for name, type_ in sorted(self.enums.items())]


def _enumeration(name: str, type_: GraphQLEnumType) -> Enumeration:
    scope = names.Scope()
    members = tuple(
        Member(scope.take(names.member(value)), value, description(definition))
        for value, definition in type_.values.items()
    )
    return Enumeration(name, description(type_), members)


def description(definition: object) -> str:
    """Return what the schema says of a type, field, argument or value, deprecation included."""
    if isinstance(definition, GraphQLScalarType) and definition.name in _BUILTIN:
        return ""  # everybody knows what a String is
    text = (getattr(definition, "description", None) or "").strip()
    reason = getattr(definition, "deprecation_reason", None)
    return f"{text}\n\nDeprecated: {reason}".strip() if reason else text
