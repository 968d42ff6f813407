"""Models of what operations and fragments select.

A selection that is nothing but one fragment has the fragment's type.  One that holds fragments
besides other fields inherits from them where a subclass says the truth (`bases.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLSchema,
    SelectionNode,
    get_named_type,
)

from rekuest_codegen import names
from rekuest_codegen.bases import Shape, inheritable, inherited
from rekuest_codegen.collect import ABSTRACT, COMPOSITE, Collector, Group, Selection, is_conditional
from rekuest_codegen.ir import Field, Model, Module, Ref, Union
from rekuest_codegen.symbols import Symbols, description

__all__ = ["Results"]

ROOT = "_models.Model"


@dataclass(frozen=True)
class Built:
    """A composite type as Python: what others call it, and its shape if it is one class."""

    ref: Ref
    shape: Shape | None


class Results:
    """Builds the modules of fragments and operations."""

    def __init__(self, schema: GraphQLSchema, collector: Collector, symbols: Symbols) -> None:
        self._schema = schema
        self._collector = collector
        self._symbols = symbols
        self._fragments: dict[str, Built] = {}
        # The names of fragments come first: those of classes inside operations give way.
        self._fragment_names = {
            name: symbols.public.take(names.class_name(name))
            for name in sorted(collector.fragments)
        }
        self.modules: list[Module] = []

    def fragment(self, name: str) -> Built:
        """Return a fragment's type, building its module at first."""
        if name in self._fragments:
            return self._fragments[name]
        node = self._collector.fragments[name]
        path = f"fragments.{names.function(name)}"
        module = Module(path, f"The fragment `{name}`.")
        type_ = self._condition(name)
        built = self._composite(
            module, type_, [Selection(node.selection_set)], self._fragment_names[name], True
        )
        self._fragments[name] = built
        self.modules.append(module)
        return built

    def root(
        self, module: Module, type_: GraphQLCompositeType, selection: Selection, name: str
    ) -> tuple[str, Group, dict[str, Ref]]:
        """Build the models of an operation's response.

        Args:
            module: Where the models go.
            type_: Query, Mutation or Subscription.
            selection: The operation's selection set.
            name: The operation's class name; the response's class is called `{name}Result`.

        Returns:
            The response's class, its fields, and {response key: type}.  A response with only one
            field gives its plain name to that field's class: people see that one.
        """
        (group,) = self._collector.groups(type_, [selection])
        result = self._symbols.public.take(f"{name.rstrip('_')}Result")
        refs: dict[str, Ref] = {}
        alone = len(group.fields) == 1
        fields = []
        for key, attribute in _attributes(group, {}).items():
            path = name if alone else name + names.class_name(key)
            field, refs[key] = self._field(module, group, key, attribute, path)
            fields.append(field)
        module.items.append(Model(result, (ROOT,), f"The response to `{name}`.", tuple(fields)))
        return result, group, refs

    def _composite(
        self,
        module: Module,
        type_: GraphQLCompositeType,
        selections: Sequence[Selection],
        name: str,
        is_named: bool = False,
    ) -> Built:
        """Build the type of merged selections of a composite type.

        Args:
            module: Where its classes go.
            type_: The static type.
            selections: The selection sets that are merged.
            name: What the class or union is to be called.
            is_named: Whether the name is given out already.
        """
        shared = None if is_named else self._shared(type_, selections)
        if shared is not None:
            return self.fragment(shared)
        groups = self._collector.groups(type_, selections)
        own = name if is_named else self._symbols.public.take(name)
        if len(groups) == 1:
            shape = self._model(module, groups[0], selections, own, name)
            return Built(shape.ref, shape)
        members = []
        for group in groups:
            path = name + _suffix(group)
            given = self._symbols.public.take(path)
            self._model(module, group, selections, given, path)
            members.append((given, given))
        tags = [
            (concrete.name, tag)
            for group, (_, tag) in zip(groups, members, strict=True)
            for concrete in group.types
            if not group.is_rest
        ]
        doc = description(type_)
        module.items.append(Union(own, doc, tuple(members), tuple(sorted(tags)), members[-1][1]))
        return Built(Ref(module.path, own), None)

    def _shared(self, type_: GraphQLCompositeType, selections: Sequence[Selection]) -> str | None:
        """Return the fragment that all of the selections consist of, if its type fits."""
        nodes = [node for selection in selections for node in selection.node.selections]
        if any(is_conditional(node) for node in nodes):
            return None
        rest = [node for node in nodes if not _is_typename(node)]
        spreads = {n.name.value for n in rest if isinstance(n, FragmentSpreadNode)}
        if len(spreads) != 1 or not all(isinstance(n, FragmentSpreadNode) for n in rest):
            return None
        (name,) = spreads
        condition = self._condition(name)
        is_abstract = isinstance(condition, ABSTRACT)
        fits = condition is type_ or (
            isinstance(condition, ABSTRACT) and self._schema.is_sub_type(condition, type_)
        )
        # The class of a fragment on an object has no place for a __typename beside the fragment.
        return name if fits and (is_abstract or len(rest) == len(nodes)) else None

    def _condition(self, fragment: str) -> GraphQLCompositeType:
        return self._collector.named(self._collector.fragments[fragment].type_condition)

    def _model(
        self,
        module: Module,
        group: Group,
        selections: Sequence[Selection],
        name: str,
        path: str,
    ) -> Shape:
        found = inherited(self._candidates(group, selections), group, self._collector)
        attributes = _attributes(group, found.attributes)
        shape = Shape(Ref(module.path, name), group, attributes, {}, found.ancestry(name))
        fields: list[Field] = []
        for key, attribute in attributes.items():
            if key in found.nested:
                shape.types[key] = found.nested[key]
                continue
            field, ref = self._field(module, group, key, attribute, path + names.class_name(key))
            shape.types[key] = ref
            if not found.has(key, group, self._collector):
                fields.append(field)
        bases = tuple(module.name_of(base.ref) for base in found.shapes) or (ROOT,)
        told = group.parent if group.is_rest or len(group.types) > 1 else group.types[0]
        doc = description(told) or f"The selected fields of `{told.name}`."
        module.items.append(Model(name, bases, doc, tuple(fields)))
        return shape

    def _candidates(self, group: Group, selections: Sequence[Selection]) -> list[Shape]:
        """Return the shapes of fragments that every type of a group has, each once."""
        found: dict[str, Shape] = {}
        for selection in selections:
            if selection.is_conditional:
                continue
            for node in selection.node.selections:
                if not isinstance(node, FragmentSpreadNode) or is_conditional(node):
                    continue
                condition = self._collector.condition(node, group.parent)
                concretes = [None] if group.is_rest else group.types
                if all(self._collector.applies(condition, group.parent, c) for c in concretes):
                    shape = self.fragment(node.name.value).shape
                    if shape is not None:
                        found[node.name.value] = shape
        return [shape for shape in found.values() if inheritable(shape, group, self._collector)]

    def _field(
        self, module: Module, group: Group, key: str, attribute: str, path: str
    ) -> tuple[Field, Ref]:
        if key == "__typename" and group.fields[key][0].node.name.value == "__typename":
            return _typename(group), Ref("", "str")
        definition = self._collector.definition(group, key)
        named = get_named_type(definition.type)
        if isinstance(named, COMPOSITE):
            ref = self._composite(module, named, group.inner(key), path).ref
        else:
            ref = self._symbols.leaf(named)
        annotation = module.annotate(definition.type, ref)
        default = None
        if group.is_optional(key):
            annotation, default = f"{annotation.removesuffix(' | None')} | None", "None"
        alias = None if names.camel(attribute) == key else key
        field = Field(attribute, key, annotation, description(definition), default, alias)
        return field, ref


def _is_typename(node: SelectionNode) -> bool:
    return isinstance(node, FieldNode) and node.name.value == "__typename" and node.alias is None


def _typename(group: Group) -> Field:
    listed = ", ".join(f'"{type_.name}"' for type_ in group.types)
    annotation = "str" if group.is_rest else f"_t.Literal[{listed}]"
    default = None
    if group.is_optional("__typename"):
        annotation, default = f"{annotation} | None", "None"
    elif len(group.types) == 1 and not group.is_rest:
        default = f'"{group.types[0].name}"'
    return Field("typename__", "__typename", annotation, "", default, "__typename")


def _suffix(group: Group) -> str:
    if group.is_rest:
        return "Other"
    return "Or".join(names.class_name(type_.name) for type_ in group.types[:3]) + (
        "OrMore" if len(group.types) > 3 else ""
    )


def _attributes(group: Group, given: dict[str, str]) -> dict[str, str]:
    """Name the keys of a class: {response key: attribute}, in the order of the keys.

    Keys that meet are told apart in the order of the schema's fields, not of the document, so
    that selecting one more field renames nothing.
    """
    fields = {} if not hasattr(group.parent, "fields") else list(group.parent.fields)

    def rank(key: str) -> tuple[int, str]:
        name = group.fields[key][0].node.name.value
        return (list(fields).index(name) if name in fields else len(fields), key)

    scope = names.Scope({"typename__", *given.values()})
    taken = {"__typename": "typename__", **given}
    for key in sorted(group.fields.keys() - taken.keys(), key=rank):
        taken[key] = scope.take(names.attribute(key))
    return {key: taken[key] for key in group.fields}
