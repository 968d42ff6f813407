"""Which fields a selection gives for each concrete type, collected as a server collects them.

Concrete types that see the same fields form one group, and so one class.  A rest group stands for
every other type, those included that the schema does not know yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    NamedTypeNode,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
)
from graphql.utilities.type_comparators import is_type_sub_type_of

__all__ = ["ABSTRACT", "COMPOSITE", "Collected", "Collector", "Group", "Occurrence", "Selection"]

ABSTRACT = (GraphQLInterfaceType, GraphQLUnionType)
COMPOSITE = (GraphQLObjectType, *ABSTRACT)
_META: Mapping[str, GraphQLField] = {
    "__typename": TypeNameMetaFieldDef,
    "__schema": SchemaMetaFieldDef,
    "__type": TypeMetaFieldDef,
}


@dataclass(frozen=True)
class Occurrence:
    """One place where a response key is selected."""

    node: FieldNode
    parent: GraphQLCompositeType  # the type condition that it is written under
    is_conditional: bool  # by @include or @skip, on itself or on a fragment around it


@dataclass(frozen=True)
class Selection:
    """A selection set, and whether the path to it is conditional."""

    node: SelectionSetNode
    is_conditional: bool = False


Collected = dict[str, list[Occurrence]]  # {response key: its occurrences, in document order}


@dataclass(frozen=True)
class Group:
    """Concrete types that get the same fields."""

    parent: GraphQLCompositeType  # the static type of the selection
    types: tuple[GraphQLObjectType, ...]
    is_rest: bool  # stands for all types that no other group has
    fields: Collected

    def is_optional(self, key: str) -> bool:
        """Whether every path to the key is conditional."""
        return all(occurrence.is_conditional for occurrence in self.fields[key])

    def inner(self, key: str) -> list[Selection]:
        """Return the selection sets below a key, to be merged.

        A condition on the only path to a key decides whether the key is there at all; with
        several paths it decides over what that path adds.
        """
        occurrences = self.fields[key]
        several = len(occurrences) > 1
        return [
            Selection(occurrence.node.selection_set, several and occurrence.is_conditional)
            for occurrence in occurrences
            if occurrence.node.selection_set is not None
        ]


class Collector:
    """Collects selections of one schema and one set of fragments."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self.fragments = fragments

    def groups(self, parent: GraphQLCompositeType, selections: Sequence[Selection]) -> list[Group]:
        """Return the groups of a selection, the rest group (of abstract types) last."""
        if isinstance(parent, GraphQLObjectType):
            return [Group(parent, (parent,), False, self._collect(parent, parent, selections))]
        rest = self._collect(parent, None, selections)
        found: dict[object, tuple[list[GraphQLObjectType], Collected]] = {
            _signature(rest): ([], rest)
        }
        for concrete in sorted(self._schema.get_possible_types(parent), key=lambda t: t.name):
            fields = self._collect(parent, concrete, selections)
            found.setdefault(_signature(fields), ([], fields))[0].append(concrete)
        (rest_types, _), *others = found.values()
        return [
            *(Group(parent, tuple(types), False, fields) for types, fields in others),
            Group(parent, tuple(rest_types), True, rest),
        ]

    def definition(self, group: Group, key: str) -> GraphQLField:
        """Return the field definition that is wide enough for every type of a group."""
        occurrences = group.fields[key]
        name = occurrences[0].node.name.value
        written = [self._field(occurrence.parent, name) for occurrence in occurrences]
        if group.is_rest:
            return written[0]
        # A schema that breaks a rule may have types without a field of their interface.
        own: list[GraphQLField] = [
            concrete.fields[name] for concrete in group.types if name in concrete.fields
        ]
        for candidate in (*own[:1], *written):
            if all(is_type_sub_type_of(self._schema, d.type, candidate.type) for d in own):
                return candidate
        return written[0]

    def applies(
        self,
        condition: GraphQLCompositeType,
        parent: GraphQLCompositeType,
        concrete: GraphQLObjectType | None,
    ) -> bool:
        """Whether a type condition holds for a concrete type; `None`: for any type of `parent`."""
        if concrete is not None:
            return condition is concrete or (
                isinstance(condition, ABSTRACT) and self._schema.is_sub_type(condition, concrete)
            )
        return condition is parent or (
            isinstance(condition, GraphQLInterfaceType)
            and isinstance(parent, GraphQLInterfaceType)
            and self._schema.is_sub_type(condition, parent)
        )

    def condition(self, node: SelectionNode, parent: GraphQLCompositeType) -> GraphQLCompositeType:
        """Return the type condition of a fragment or spread written in a `parent`."""
        if isinstance(node, FragmentSpreadNode):
            return self.named(self.fragments[node.name.value].type_condition)
        if isinstance(node, InlineFragmentNode) and node.type_condition is not None:
            return self.named(node.type_condition)
        return parent

    def named(self, node: NamedTypeNode) -> GraphQLCompositeType:
        """Return the type that a condition names."""
        found = self._schema.type_map[node.name.value]
        if not isinstance(found, COMPOSITE):
            raise TypeError(f"condition on {found}, which has no fields")  # documents are valid
        return found

    def _field(self, parent: GraphQLCompositeType, name: str) -> GraphQLField:
        if name in _META or isinstance(parent, GraphQLUnionType):
            return _META[name]
        found: GraphQLField = parent.fields[name]
        return found

    def _collect(
        self,
        parent: GraphQLCompositeType,
        concrete: GraphQLObjectType | None,
        selections: Sequence[Selection],
    ) -> Collected:
        fields: Collected = {}
        seen: set[tuple[str, bool]] = set()

        def walk(nodes: Iterable[SelectionNode], under: GraphQLCompositeType, cond: bool) -> None:
            for node in nodes:
                inner_cond = cond or is_conditional(node)
                if isinstance(node, FieldNode):
                    key = response_key(node)
                    fields.setdefault(key, []).append(Occurrence(node, under, inner_cond))
                    continue
                condition = self.condition(node, under)
                if not self.applies(condition, parent, concrete):
                    continue
                if isinstance(node, FragmentSpreadNode):
                    name = node.name.value
                    if (name, inner_cond) in seen:
                        continue
                    seen.add((name, inner_cond))
                    walk(self.fragments[name].selection_set.selections, condition, inner_cond)
                elif isinstance(node, InlineFragmentNode):
                    walk(node.selection_set.selections, condition, inner_cond)

        for selection in selections:
            walk(selection.node.selections, parent, selection.is_conditional)
        return fields


def is_conditional(node: SelectionNode) -> bool:
    """Whether a server may leave the selection out."""
    return any(directive.name.value in ("include", "skip") for directive in node.directives)


def response_key(node: FieldNode) -> str:
    """Return the key of a field in the response."""
    return node.alias.value if node.alias else node.name.value


def _signature(fields: Collected) -> tuple[object, ...]:
    return tuple(
        (key, tuple((id(o.node), o.is_conditional) for o in occurrences))
        for key, occurrences in fields.items()
    )
