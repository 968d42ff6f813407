"""Models of wire unions: messages that travel as the JSON object of their type, tagged by name.

No operation selects them, so every field is there.  Every object type that a union reaches gets a
class; members of unions carry their tag.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
)

from rekuest_codegen import names
from rekuest_codegen.ir import Field, Model, Module, Ref
from rekuest_codegen.symbols import Symbols, description

__all__ = ["Wire", "WireUnion", "wire_module"]

# Built-in scalars as a message has them: nothing that a peer sends is coerced.
_STRICT = {
    "int": "_models.Int",
    "float": "_models.Float",
    "bool": "_models.Bool",
    "str": "_models.Str",
}


@dataclass(frozen=True)
class WireUnion:
    """One wire union: its alias and its table."""

    name: str
    table: str  # name of {tag: class}
    doc: str
    members: tuple[tuple[str, str], ...]  # (tag, class)


@dataclass(frozen=True)
class Wire:
    """The module of wire unions."""

    module: Module
    unions: tuple[WireUnion, ...]
    nested: tuple[WireUnion, ...]  # interfaces and unions of fields, by their tag


def wire_module(schema: GraphQLSchema, unions: Iterable[str], symbols: Symbols) -> Wire:
    """Return the module of the given unions and of everything that they reach."""
    return _Builder(schema, symbols).build(list(unions))


class _Builder:
    def __init__(self, schema: GraphQLSchema, symbols: Symbols) -> None:
        self._schema = schema
        self._symbols = symbols
        self._module = Module("wire", "Messages of the wire unions, and the values they carry.")
        self._scope = names.Scope()
        self._reached: dict[str, GraphQLObjectType] = {}
        self._abstract: dict[str, GraphQLUnionType | GraphQLInterfaceType] = {}
        self._names: dict[str, str] = {}

    def build(self, unions: list[str]) -> Wire:
        for name in unions:
            self._reach(self._schema.type_map[name])
        for name in sorted({*self._reached, *self._abstract}):
            self._names[name] = self._scope.take(names.class_name(name))
        tagged = {
            type_.name
            for union in self._abstract.values()
            for type_ in self._schema.get_possible_types(union)
        }
        for type_ in self._parts_first():
            self._module.items.append(self._model(type_, type_.name in tagged))
        nested = [name for name in sorted(self._abstract) if name not in unions]
        return Wire(
            self._module,
            tuple(self._union(name) for name in unions),
            tuple(self._union(name) for name in nested),
        )

    def _reach(self, type_: GraphQLNamedType) -> None:
        waiting = [type_]
        while waiting:
            found = waiting.pop()
            if found.name in self._reached or found.name in self._abstract:
                continue
            if isinstance(found, GraphQLUnionType | GraphQLInterfaceType):
                self._abstract[found.name] = found
                waiting += self._schema.get_possible_types(found)
            elif isinstance(found, GraphQLObjectType):
                self._reached[found.name] = found
                waiting += [get_named_type(field.type) for field in found.fields.values()]

    def _parts_first(self) -> list[GraphQLObjectType]:
        """Return the types so that most come after what they hold: pydantic builds those once."""
        ordered: dict[str, GraphQLObjectType] = {}
        visiting: set[str] = set()

        def visit(name: str) -> None:
            if name in visiting or name not in self._reached:
                return
            visiting.add(name)
            for field in self._reached[name].fields.values():
                visit(get_named_type(field.type).name)
            ordered[name] = self._reached[name]

        for name in sorted(self._reached):
            visit(name)
        return list(ordered.values())

    def _model(self, type_: GraphQLObjectType, is_tagged: bool) -> Model:
        scope = names.Scope({"typename__"})
        fields = [_tag(type_.name)] if is_tagged else []
        for key, definition in type_.fields.items():
            attribute = scope.take(names.attribute(key))
            annotation = self._module.annotate(
                definition.type, self._ref(get_named_type(definition.type))
            )
            default = None if is_non_null_type(definition.type) else "None"
            alias = None if names.camel(attribute) == key else key
            doc = description(definition)
            fields.append(Field(attribute, key, annotation, doc, default, alias))
        name = self._names[type_.name]
        return Model(name, ("_models.Wire",), description(type_), tuple(fields))

    def _ref(self, type_: GraphQLNamedType) -> Ref:
        if type_.name in self._names:
            return Ref("wire", self._names[type_.name])
        leaf = self._symbols.leaf(type_)
        return Ref("", _STRICT.get(leaf.name, leaf.name)) if leaf.module == "" else leaf

    def _union(self, name: str) -> WireUnion:
        type_ = self._abstract[name]
        assert is_abstract_type(type_)
        members = sorted(t.name for t in self._schema.get_possible_types(type_))
        return WireUnion(
            self._names[name],
            f"{names.constant(name)}S",
            description(type_),
            tuple((member, self._names[member]) for member in members),
        )


def _tag(name: str) -> Field:
    return Field("typename__", "__typename", f'_t.Literal["{name}"]', "", f'"{name}"', "__typename")
