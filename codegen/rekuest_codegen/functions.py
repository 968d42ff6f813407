"""The functions of operations: their arguments, what they return, what their docstrings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    type_from_ast,
    visit,
)

from rekuest_codegen import names
from rekuest_codegen.collect import Collector, Group, Selection
from rekuest_codegen.inputs import (
    is_required_field,
    is_required_variable,
    parameter_doc,
    variables_model,
)
from rekuest_codegen.ir import Argument, Function, Module, Ref
from rekuest_codegen.results import Results
from rekuest_codegen.sent import Sent
from rekuest_codegen.symbols import Symbols, description

__all__ = ["Functions"]

SEQUENCE = "_abc.Sequence"


@dataclass(frozen=True)
class Parameters:
    """The arguments of a function and the expression that makes variables of them."""

    arguments: tuple[Argument, ...]
    variables: str


class Functions:
    """Builds the module of functions, and the models of each operation on the way."""

    def __init__(
        self, schema: GraphQLSchema, collector: Collector, symbols: Symbols, results: Results
    ) -> None:
        self._schema = schema
        self._collector = collector
        self._symbols = symbols
        self._results = results
        self.module = Module("operations", "The operations, each as two functions.")
        self._constants = names.Scope({"OPERATIONS"})

    def add(self, sent: Sent) -> Function:
        """Build one operation: its models, its function."""
        node = sent.operation
        name = node.name.value if node.name else ""  # documents are valid: it has one
        function = names.function(name)
        module = Module(f"results.{function}", f"What `{name}` takes and returns.")
        types = self._variable_types(node)
        title = names.class_name(name)
        model = variables_model(module, self._symbols, node, types, title)
        result, group, refs = self._results.root(
            module, self._root_type(node), Selection(node.selection_set), title
        )
        self._results.modules.append(module)
        field, returns = self._returns(module, result, group, refs)
        parameters = self._parameters(sent, types)
        return Function(
            name=function,
            constant=self._constants.take(names.constant(name)),
            operation=name,
            kind=node.operation.value,
            document=sent.document,
            sha256=sent.sha256,
            module=module.path,
            result=result,
            field=field,
            variables_model=model,
            arguments=parameters.arguments,
            variables=parameters.variables,
            returns=returns,
            doc=self._doc(node, group),
            returns_doc=self._returns_doc(group),
        )

    def _root_type(self, node: OperationDefinitionNode) -> GraphQLObjectType:
        type_ = self._schema.get_root_type(node.operation)
        assert type_ is not None  # documents are valid
        return type_

    def _variable_types(self, node: OperationDefinitionNode) -> dict[str, GraphQLInputType]:
        return {
            definition.variable.name.value: type_from_ast(self._schema, definition.type)  # type: ignore[misc]  # valid documents: an input type
            for definition in node.variable_definitions
        }

    def _returns(
        self, module: Module, result: str, group: Group, refs: Mapping[str, Ref]
    ) -> tuple[str | None, str]:
        """Return the attribute that stands for the whole response, and the annotation."""
        if len(group.fields) != 1:
            return None, self.module.name_of(Ref(module.path, result))
        (key,) = group.fields
        definition = self._collector.definition(group, key)
        annotation = self.module.annotate(definition.type, refs[key])
        if group.is_optional(key):
            annotation = f"{annotation.removesuffix(' | None')} | None"
        if key == "__typename":
            return "typename__", annotation
        return names.attribute(key), annotation

    def _parameters(self, sent: Sent, types: Mapping[str, GraphQLInputType]) -> Parameters:
        scope = names.Scope({"client"})
        if flat := _flattened(types):
            key, type_ = flat
            arguments, pairs = [], []
            for field_key, field in type_.fields.items():
                name = scope.take(names.parameter(field_key))
                pairs.append(f'"{field_key}": {name}')
                required = is_required_field(field)
                arguments.append(self._argument(name, field.type, required, parameter_doc(field)))
            return Parameters(_ordered(arguments), f'{{"{key}": {{{", ".join(pairs)}}}}}')
        definitions = _usages(self._schema, sent.document)
        arguments, pairs = [], []
        for definition in sent.operation.variable_definitions:
            key = definition.variable.name.value
            name = scope.take(names.parameter(key))
            pairs.append(f'"{key}": {name}')
            doc = _variable_doc(definition, definitions.get(key))
            doc = doc or description(get_named_type(types[key]))
            required = is_required_variable(definition, types[key])
            arguments.append(self._argument(name, types[key], required, doc))
        return Parameters(_ordered(arguments), f"{{{', '.join(pairs)}}}")

    def _argument(
        self, name: str, type_: GraphQLInputType, is_required: bool, doc: str
    ) -> Argument:
        ref = self._symbols.leaf(get_named_type(type_))
        annotation = self.module.annotate(type_, ref, SEQUENCE)
        return Argument(name, annotation, doc, is_required)

    def _doc(self, node: OperationDefinitionNode, group: Group) -> str:
        if node.description is not None:
            return node.description.value
        key = next(iter(group.fields))
        told = description(self._collector.definition(group, key))
        return (
            told
            if len(group.fields) == 1 and told
            else f"Execute `{node.name.value if node.name else key}`."
        )

    def _returns_doc(self, group: Group) -> str:
        if len(group.fields) != 1:
            return "The whole response."
        (key,) = group.fields
        named = get_named_type(self._collector.definition(group, key).type)
        return description(named).split("\n\n")[0] or f"The field `{key}`."


def _variable_doc(variable: VariableDefinitionNode, argument: GraphQLArgument | None) -> str:
    """Return what the schema says of the argument a variable goes to; the variable's default is the one that counts."""
    if variable.default_value is None:
        return parameter_doc(argument)
    told = "" if argument is None else description(argument)
    return f"{told} Default: {print_ast(variable.default_value)}.".strip()


def _ordered(arguments: list[Argument]) -> tuple[Argument, ...]:
    """Return the arguments with the required ones first."""
    return tuple(sorted(arguments, key=lambda argument: not argument.is_required))


def _flattened(
    types: Mapping[str, GraphQLInputType],
) -> tuple[str, GraphQLInputObjectType] | None:
    """Return the only variable if it is an input whose fields can be arguments instead."""
    if len(types) != 1:
        return None
    ((key, type_),) = types.items()
    if isinstance(type_, GraphQLNonNull) and isinstance(type_.of_type, GraphQLInputObjectType):
        return key, type_.of_type
    return None


def _usages(schema: GraphQLSchema, document: str) -> dict[str, GraphQLArgument]:
    """Return the argument that each variable of a sent document is first passed to."""
    found: dict[str, GraphQLArgument] = {}
    info = TypeInfo(schema)

    class Usages(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            definition = info.get_argument()
            if definition is not None:
                found.setdefault(variable.name.value, definition)

    visit(parse(document), TypeInfoVisitor(info, Usages()))
    return found
