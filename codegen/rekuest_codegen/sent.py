"""The documents as a server gets them: with `__typename` wherever types must be told apart."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    is_abstract_type,
    print_ast,
    visit,
)

from rekuest_codegen.check import selections

__all__ = ["Sent", "sent_documents", "with_typenames"]


Definition = OperationDefinitionNode | FragmentDefinitionNode


@dataclass(frozen=True)
class Sent:
    """One operation with all its fragments."""

    operation: OperationDefinitionNode
    document: str
    sha256: str


def with_typenames(schema: GraphQLSchema, document: DocumentNode) -> DocumentNode:
    """Return the document with `__typename` selected in every interface and union."""
    info = TypeInfo(schema)
    return visit(document, TypeInfoVisitor(info, _AddTypename(info)))  # type: ignore[no-any-return]  # visit is untyped


class _AddTypename(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info

    def leave_selection_set(
        self, node: SelectionSetNode, _key: Any, parent: Any, *_: Any
    ) -> SelectionSetNode | None:
        if not isinstance(parent, FieldNode | FragmentDefinitionNode):
            return None
        if not is_abstract_type(self._info.get_parent_type()) or any(
            map(_is_typename, node.selections)
        ):
            return None
        added = FieldNode(
            name=NameNode(value="__typename"), alias=None, arguments=(), directives=()
        )
        changed = SelectionSetNode(selections=(added, *node.selections))
        changed.loc = added.loc = node.loc
        return changed


def _is_typename(node: Any) -> bool:
    return (
        isinstance(node, FieldNode)
        and node.name.value == "__typename"
        and node.alias is None
        and not node.directives
    )


def sent_documents(document: DocumentNode) -> list[Sent]:
    """Return every operation with its fragments as one text each, ordered by name."""
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    return [_sent(node, fragments) for node in sorted(operations, key=_name)]


def _name(node: OperationDefinitionNode) -> str:
    return node.name.value if node.name else ""


def _sent(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Sent:
    used: set[str] = set()
    waiting: list[Definition] = [operation]
    while waiting:
        for name in _spreads(waiting.pop()) - used:
            used.add(name)
            waiting.append(fragments[name])
    nodes: list[Definition] = [operation, *(fragments[name] for name in sorted(used))]
    text = "\n\n".join(print_ast(_bare(node)) for node in nodes) + "\n"
    return Sent(operation, text, hashlib.sha256(text.encode()).hexdigest())


def _bare(node: Definition) -> Definition:
    """Return the node without its description: servers before 2025's specification refuse it."""
    bare = copy.copy(node)
    bare.description = None
    return bare


def _spreads(node: Definition) -> set[str]:
    return {
        part.name.value
        for selection in selections(DocumentNode(definitions=(node,)))
        for part in selection.selections
        if isinstance(part, FragmentSpreadNode)
    }
