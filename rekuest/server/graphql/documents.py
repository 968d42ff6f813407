"""Documents, parsed and validated once: clients send the same few again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, TypeInfo, parse, validate

from rekuest.server.graphql.limits import (
    MAX_SOURCE_LENGTH,
    MAX_TOKENS,
    check_document,
    limit_exceeded,
)

__all__ = ["Documents"]

MAX_CACHED_LENGTH = 16 * 1024  # longer ones are nobody's daily work; this bounds the memory
MAX_ERRORS = 10


class Documents:
    """The documents of one schema, by text: the newest are kept.  ariadne calls `parse` and then `validate`."""

    def __init__(self, *, size: int = 500) -> None:
        self._size = size
        self._by_text: OrderedDict[str, DocumentNode] = OrderedDict()
        self._valid: set[int] = (
            set()
        )  # id() of the documents of _by_text that are known to be valid
        self.parsed = 0  # how many were parsed because they were not there

    def parse(self, context: Any, data: dict[str, Any]) -> DocumentNode:
        """Return the document of a request.

        Raises:
            GraphQLError: It is no document (`BAD_MESSAGE`), or too large a one (`LIMIT_EXCEEDED`).
        """
        text: str = data["query"]
        known = self._by_text.get(text)
        if known is not None:
            self._by_text.move_to_end(text)
            return known
        if len(text) > MAX_SOURCE_LENGTH:
            raise limit_exceeded(f"the document is longer than {MAX_SOURCE_LENGTH} characters")
        document = self._read(text)
        if len(text) <= MAX_CACHED_LENGTH:
            self._keep(text, document)
        return document

    def validate(
        self,
        schema: GraphQLSchema,
        document_ast: DocumentNode,
        rules: Collection[type[Any]] | None = None,
        max_errors: int | None = None,
        type_info: TypeInfo | None = None,
    ) -> list[GraphQLError]:
        """Return what is wrong with a document; nothing, at once, for one that was valid before."""
        if id(document_ast) in self._valid:
            return []
        errors = validate(schema, document_ast, rules, max_errors or MAX_ERRORS, type_info)
        if not errors and any(document_ast is kept for kept in self._by_text.values()):
            self._valid.add(id(document_ast))
        return errors

    def _read(self, text: str) -> DocumentNode:
        self.parsed += 1
        try:
            document = parse(text, no_location=False, max_tokens=MAX_TOKENS)
            check_document(document)
        except RecursionError as exc:
            raise limit_exceeded("the document is nested too deeply") from exc
        except GraphQLError as exc:
            if "token" in exc.message and str(MAX_TOKENS) in exc.message:
                raise limit_exceeded(f"the document has more than {MAX_TOKENS} tokens") from exc
            raise
        return document

    def _keep(self, text: str, document: DocumentNode) -> None:
        self._by_text[text] = document
        while len(self._by_text) > self._size:
            _, dropped = self._by_text.popitem(last=False)
            self._valid.discard(id(dropped))
