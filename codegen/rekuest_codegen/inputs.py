"""Models of input types and of the variables of operations."""

from __future__ import annotations

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


def input_module(symbols: Symbols) -> Module:
    """Return the module of all inputs that are used, ordered by name."""
    module = Module("inputs", "Input types: what operations take.")
    for name, type_ in sorted(symbols.inputs.items()):
        scope = names.Scope()
        fields = tuple(
            _field(module, symbols, key, scope.take(names.attribute(key)), field)
            for key, field in type_.fields.items()
        )
        base = "_models.OneOf" if _is_one_of(type_) else "_models.Input"
        module.items.append(Model(name, (base,), description(type_), fields))
    return module


def _field(
    module: Module, symbols: Symbols, key: str, attribute: str, field: GraphQLInputField
) -> Field:
    return input_field(
        module,
        symbols,
        (key, attribute),
        field.type,
        is_required_field(field),
        parameter_doc(field),
    )


def input_field(  # noqa: PLR0913  # the parts of one field
    module: Module,
    symbols: Symbols,
    name: tuple[str, str],
    type_: GraphQLInputType,
    is_required: bool,
    doc: str,
) -> Field:
    """Return the field of an input or variable; what may be left out defaults to UNSET."""
    key, attribute = name
    annotation = module.annotate(type_, symbols.leaf(get_named_type(type_)))
    alias = None if names.camel(attribute) == key else key
    if is_required:
        return Field(attribute, key, annotation, doc, None, alias)
    return Field(attribute, key, f"{annotation} | _UnsetType", doc, UNSET, alias)


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
        pair = (key, scope.take(names.attribute(key)))
        required = is_required_variable(node, types[key])
        fields.append(input_field(module, symbols, pair, types[key], required, ""))
    given = symbols.public.take(f"{name}Variables")
    doc = f"The variables of `{name}`."
    module.items.append(Model(given, ("_models.Input",), doc, tuple(fields)))
    return given


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
