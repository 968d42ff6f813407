"""How large a document may be.  Measured after parsing and before validation, whose cost a document decides."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

__all__ = ["MAX_SOURCE_LENGTH", "MAX_TOKENS", "check_document", "limit_exceeded"]

# After the OWASP sheet on GraphQL and what our own documents need (the deepest has 7 levels, 60 fields).
MAX_SOURCE_LENGTH = 64 * 1024
MAX_TOKENS = 5000
MAX_DEPTH = 12
MAX_FIELDS = 1000  # fragments expanded
MAX_SET = 150  # fields of one selection set, fragments expanded: comparing them is quadratic
MAX_ALIASES = 60
MAX_DIRECTIVES = 60
MAX_OPERATIONS = 100


def limit_exceeded(message: str) -> GraphQLError:
    """Return the error for a document that is too large."""
    return GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"})


@dataclass(frozen=True, slots=True)
class _Size:
    """How large a selection set is, fragments expanded."""

    depth: int = 0
    fields: int = 0  # at any depth
    width: int = 0  # of the set itself

    def __add__(self, other: _Size) -> _Size:
        return _Size(
            max(self.depth, other.depth), self.fields + other.fields, self.width + other.width
        )


class _Measure:
    """Measures one document.  A fragment is measured once, however often it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self.aliases = 0
        self.directives = 0
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._sizes: dict[str, _Size] = {}

    def selection_set(self, node: SelectionSetNode | None) -> _Size:
        """Return the size of a set; raise where one inside it is too wide or has too many fields."""
        size = _Size()
        for selection in node.selections if node else ():
            self.directives += len(selection.directives)
            size += self._selection(selection)
        if size.width > MAX_SET:
            raise limit_exceeded(f"one selection has {size.width} fields (at most {MAX_SET})")
        if size.fields > MAX_FIELDS:
            raise limit_exceeded(f"the document selects more than {MAX_FIELDS} fields")
        return size

    def _selection(self, selection: SelectionNode) -> _Size:
        match selection:
            case FieldNode():
                self.aliases += selection.alias is not None
                inner = self.selection_set(selection.selection_set)
                # Introspection nests by its nature; its depth costs nothing.
                depth = 0 if selection.name.value.startswith("__") else inner.depth
                return _Size(depth + 1, inner.fields + 1, 1)
            case InlineFragmentNode():
                return self.selection_set(selection.selection_set)
            case FragmentSpreadNode():
                return self.fragment(selection.name.value)
        return _Size()

    def fragment(self, name: str) -> _Size:
        """Return the size of a fragment.  An unknown or circular one counts nothing: validation refuses it."""
        if name not in self._sizes and name in self._fragments:
            self._sizes[name] = _Size()
            self._sizes[name] = self.selection_set(self._fragments[name].selection_set)
        return self._sizes.get(name, _Size())

    def unused(self) -> None:
        """Measure fragments that no operation spreads: validation reads them too."""
        for name in self._fragments:
            self.fragment(name)


def check_document(document: DocumentNode) -> None:
    """Refuse a document that is too deep or too wide.

    Raises:
        GraphQLError: `LIMIT_EXCEEDED`, naming the limit.
    """
    if len(document.definitions) > MAX_OPERATIONS:
        raise limit_exceeded(f"the document has more than {MAX_OPERATIONS} definitions")
    measure = _Measure(document)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            measure.directives += len(node.directives)
            size = measure.selection_set(node.selection_set)
            if size.depth > MAX_DEPTH:
                raise limit_exceeded(
                    f"the document is {size.depth} levels deep (at most {MAX_DEPTH})"
                )
    measure.unused()
    if measure.aliases > MAX_ALIASES:
        raise limit_exceeded(f"the document has {measure.aliases} aliases (at most {MAX_ALIASES})")
    if measure.directives > MAX_DIRECTIVES:
        raise limit_exceeded(
            f"the document has {measure.directives} directives (at most {MAX_DIRECTIVES})"
        )
