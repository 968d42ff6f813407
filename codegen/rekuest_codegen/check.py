"""Whether the schema can be built and the documents are legal; says all that is wrong at once.

Schemas are judged leniently by default, as published ones break rules that harm nobody; documents
strictly, because a server refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLUnionType,
    KnownFragmentNamesRule,
    NoDeprecatedCustomRule,
    NoUnusedFragmentsRule,
    OperationDefinitionNode,
    SelectionSetNode,
    build_ast_schema,
    specified_rules,
    validate,
    validate_schema,
)
from graphql.validation.validate import validate_sdl

from rekuest_codegen import names
from rekuest_codegen.problems import Problem, Report
from rekuest_codegen.settings import Settings

__all__ = ["build_schema", "check_documents", "check_sent", "check_wire_unions", "selections"]

# What to do about messages of graphql-core that do not say it themselves.
_FIXES = (
    (r"^Cannot query field", "select a field that the type has, or add it to the schema"),
    (r"^Unknown type", "define the type, or correct its name"),
    (r"^Unknown fragment", "define the fragment in a file of `documents`, or correct its name"),
    (r"^Unknown argument", "pass an argument that the field takes"),
    (r"must have a selection of subfields", "add { … } with the fields that you need"),
    (r"must not have a selection", "remove the { … }"),
    (r"is not defined by operation", "declare the variable in the operation's parentheses"),
    (r"is never used", "use it or remove it"),
    (r"of required type .* was not provided|is required, but", "pass the argument"),
    (r"used in position expecting type", "declare the variable with the type that is expected"),
    (r"conflict because", "give one of the fields an alias"),
    (r"There can be only one|There can only be one", "rename or remove one of them"),
    (r"^Syntax Error", "correct the syntax"),
    (r"can never be of type", "remove the fragment, or correct its type condition"),
    (r"spread itself|Cannot spread fragment", "take one of the fragments out of the circle"),
)


def build_schema(document: DocumentNode, settings: Settings, report: Report) -> GraphQLSchema:
    """Build the schema; what breaks a rule is an error or a warning, as the settings say.

    With such errors the schema can still be built, so that those of the documents are told too.

    Raises:
        CodegenError: There are errors from before, or the schema cannot be built.
    """
    found = [_problem(error, report) for error in validate_sdl(document)]
    report.raise_errors()
    try:
        schema = build_ast_schema(document, assume_valid=True)
        found += [_problem(error, report) for error in _type_errors(schema)]
    except (TypeError, GraphQLError) as exc:
        report.errors += found or [Problem("schema", 0, 0, str(exc))]
        report.raise_errors()
        raise
    (report.errors if settings.schema_errors == "error" else report.warnings).extend(found)
    return schema


def _type_errors(schema: GraphQLSchema) -> list[GraphQLError]:
    """Return which rules of types are broken; the schema counts as valid nevertheless."""
    schema._validation_errors = None  # validate_schema answers from this cache if it is set
    try:
        return validate_schema(schema)
    finally:
        schema._validation_errors = []  # or no document could be validated against it


def check_wire_unions(schema: GraphQLSchema, settings: Settings, report: Report) -> None:
    """Say which wire unions of the settings the schema does not have."""
    for name in settings.wire_unions:
        if not isinstance(schema.type_map.get(name), GraphQLUnionType):
            fix = "correct `wire_unions` in the settings"
            report.errors.append(Problem(name, 0, 0, "the schema has no union of this name", fix))


def check_documents(
    schema: GraphQLSchema,
    document: DocumentNode,
    settings: Settings,
    report: Report,
    *,
    is_whole: bool,
) -> None:
    """Apply the rules of GraphQL and ours to the documents as they were written.

    Args:
        schema: What they are written for.
        document: All of them.
        settings: How to judge deprecations.
        report: Gets the problems.
        is_whole: Whether every file could be parsed; if not, fragments may be missing for that.
    """
    ignored = (
        {NoUnusedFragmentsRule} if is_whole else {NoUnusedFragmentsRule, KnownFragmentNamesRule}
    )
    rules = [rule for rule in specified_rules if rule not in ignored]
    for error in validate(schema, document, rules, max_errors=2**31):
        report.errors.append(_problem(error, report))
    for error in validate(schema, document, [NoUnusedFragmentsRule]):
        report.warnings.append(_problem(error, report))
    if settings.deprecations != "ignore" and not report.errors:
        target = report.errors if settings.deprecations == "error" else report.warnings
        for error in validate(schema, document, [NoDeprecatedCustomRule]):
            target.append(_problem(error, report))
    report.errors += [*_unnamed(document, report), *_typename_aliases(document, report)]
    report.errors += _meeting(document, report)


def check_sent(schema: GraphQLSchema, document: DocumentNode, report: Report) -> None:
    """Validate the documents as they will be sent, with what the generator added."""
    rules = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]
    report.errors += [_problem(error, report) for error in validate(schema, document, rules)]


def _problem(error: GraphQLError, report: Report) -> Problem:
    fixes = (fix for pattern, fix in _FIXES if re.search(pattern, error.message))
    return report.of_error(error, next(fixes, ""))


def _unnamed(document: DocumentNode, report: Report) -> Iterator[Problem]:
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode) and node.name is None:
            fix = "give it a name: its functions are called by it"
            yield report.at_node(node, f"{node.operation.value} without a name", fix)


def _typename_aliases(document: DocumentNode, report: Report) -> Iterator[Problem]:
    for node in selections(document):
        for field in node.selections:
            if not isinstance(field, FieldNode) or field.alias is None:
                continue
            if field.alias.value == "__typename" and field.name.value != "__typename":
                fix = "choose another alias: types are told apart by __typename"
                yield report.at_node(field, "alias '__typename' hides the type's name", fix)


def selections(document: DocumentNode) -> Iterator[SelectionSetNode]:
    """Yield every selection set of a document, outer ones first."""
    waiting = [getattr(node, "selection_set", None) for node in reversed(document.definitions)]
    while waiting:
        node = waiting.pop()
        if node is not None:
            yield node
            inner = [getattr(part, "selection_set", None) for part in node.selections]
            waiting.extend(reversed(inner))


def _meeting(document: DocumentNode, report: Report) -> Iterator[Problem]:
    """Names that are different in GraphQL and the same in Python."""
    seen: dict[tuple[str, str], str] = {}
    for node in document.definitions:
        name = getattr(node, "name", None)
        if name is None:
            continue
        is_operation = isinstance(node, OperationDefinitionNode)
        kind = "operation" if is_operation else "fragment"
        function = names.function(name.value)
        for taken in (function, f"a{function}") if is_operation else (function,):
            other = seen.setdefault((kind, taken), name.value)
            if other != name.value:
                message = f"{kind} {name.value!r} and {other!r} are both {taken!r} in Python"
                yield report.at_node(node, message, "rename one of them")
                break
