"""Models of input types and of the variables of operations."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    ast_from_value,
    get_named_type,
    is_non_null_type,
    print_ast,
)

from rekuest_codegen import names
from rekuest_codegen.ir import Field, Model, Module
from rekuest_codegen.symbols import Symbols, description

__all__ = [
    "input_module",
    "is_required_field",
    "is_required_variable",
    "parameter_doc",
    "variables_model",
]

UNSET = "_UNSET"


@dataclass(frozen=True)
class Slot:
    """One thing that may be given: a field of an input, or a variable."""

    key: str
    attribute: str
    type: GraphQLInputType
    is_required: bool
    doc: str


def input_module(symbols: Symbols) -> Module:
    """Return the module of all inputs that are used, ordered by name."""
    module = Module("inputs", "Input types: what operations take.")
    for name, type_ in sorted(symbols.inputs.items()):
        scope = names.Scope()
        fields = tuple(
            _field(module, symbols, _slot(key, scope.take(names.attribute(key)), field))
            for key, field in type_.fields.items()
        )
        base = "_models.OneOf" if _is_one_of(type_) else "_models.Input"
        module.items.append(Model(name, (base,), description(type_), fields))
    return module


def _field(module: Module, symbols: Symbols, slot: Slot) -> Field:
    """Return the field of an input or variable; what may be left out defaults to UNSET."""
    annotation = module.annotate(slot.type, symbols.leaf(get_named_type(slot.type)))
    alias = None if names.camel(slot.attribute) == slot.key else slot.key
    if slot.is_required:
        return Field(slot.attribute, slot.key, annotation, slot.doc, None, alias)
    annotation = f"{annotation} | _UnsetType"
    return Field(slot.attribute, slot.key, annotation, slot.doc, UNSET, alias)


def variables_model(
    module: Module,
    symbols: Symbols,
    operation: OperationDefinitionNode,
    types: dict[str, GraphQLInputType],
    name: str,
) -> str | None:
    """Add the model of an operation's variables to its module; return its name.

    Args:
        module: The operation's module.
        symbols: Names of the schema's types.
        operation: Its variables are modelled.
        types: {variable name: type}.
        name: The operation's class name.
    """
    if not operation.variable_definitions:
        return None
    scope = names.Scope()
    fields = []
    for node in operation.variable_definitions:
        key = node.variable.name.value
        required = is_required_variable(node, types[key])
        slot = Slot(key, scope.take(names.attribute(key)), types[key], required, "")
        fields.append(_field(module, symbols, slot))
    given = symbols.public.take(f"{name.rstrip('_')}Variables")
    doc = f"The variables of `{name}`."
    module.items.append(Model(given, ("_models.Input",), doc, tuple(fields)))
    return given


def _slot(key: str, attribute: str, field: GraphQLInputField) -> Slot:
    return Slot(key, attribute, field.type, is_required_field(field), parameter_doc(field))


def is_required_variable(node: VariableDefinitionNode, type_: GraphQLInputType) -> bool:
    """Whether a variable must be given."""
    return is_non_null_type(type_) and node.default_value is None


def is_required_field(field: GraphQLInputField) -> bool:
    """Whether a field of an input must be given."""
    return is_non_null_type(field.type) and field.default_value is Undefined


def _is_one_of(type_: GraphQLInputObjectType) -> bool:
    nodes = [type_.ast_node, *type_.extension_ast_nodes]
    directives = [d for node in nodes if node is not None for d in node.directives]
    return any(directive.name.value == "oneOf" for directive in directives)


def parameter_doc(definition: GraphQLInputField | GraphQLArgument | None) -> str:
    """Return what the schema says of a parameter, its default included."""
    if definition is None:
        return ""
    text = description(definition)
    if definition.default_value in (Undefined, None):
        return text
    value = ast_from_value(definition.default_value, definition.type)
    default = f"Default: {print_ast(value)}." if value is not None else ""
    return f"{text} {default}".strip()
