"""What a GraphQL error says: a code for programs, a message for people, and nothing of the server's inside."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from uuid import uuid4

from graphql import GraphQLError

from rekuest.errors import Failure, RekuestError, ServerError

__all__ = ["SILENT", "ErrorFormatter", "error_code", "invalid_input"]

logger = logging.getLogger(__name__)

# ariadne logs each error with its stack, those of callers too; we log our own defects only, below.
SILENT = logging.getLogger(f"{__name__}.silent")
SILENT.disabled = True

_SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)


def invalid_input(message: str) -> ServerError:
    """Return the error for an input value that breaks a rule which the schema describes in words."""
    return ServerError(message, code="INVALID_INPUT")


def error_code(error: GraphQLError) -> str:
    """Return the `ErrorCode` of an error; `BAD_MESSAGE` for a document or variables of a wrong form."""
    given = (error.extensions or {}).get("code")
    if isinstance(given, str):
        return given
    original = _original(error)
    if original is None:
        return "BAD_MESSAGE"
    code = getattr(original, "code", None) if isinstance(original, RekuestError) else None
    return str(code.value if isinstance(code, Enum) else code or "INTERNAL")


class ErrorFormatter:
    """Turns errors into what a client may read."""

    def __init__(self, *, with_suggestions: bool) -> None:
        self._with_suggestions = with_suggestions  # they tell names of the schema

    def __call__(self, error: GraphQLError, debug: bool = False) -> dict[str, Any]:
        """Return the error in the form of the response, with `extensions.code`."""
        code = error_code(error)
        formatted: dict[str, Any] = dict(error.formatted)
        original = _original(error)
        if code == "INTERNAL":
            formatted["message"] = self._masked(error, original)
        elif original is not None:
            formatted["message"] = str(original)
        elif not self._with_suggestions:
            formatted["message"] = _SUGGESTION.sub("", error.message)
        formatted["extensions"] = {**_details(original), **(error.extensions or {}), "code": code}
        return formatted

    def _masked(self, error: GraphQLError, original: Exception | None) -> str:
        """Log a defect under an id and return a message that names the id only."""
        defect = uuid4().hex[:12]
        where = ".".join(str(part) for part in error.path or ())
        logger.error("defect %s at %s", defect, where or "the request", exc_info=original or error)
        return f"a defect of the server; its log knows it as {defect}"


def _original(error: GraphQLError) -> Exception | None:
    """Return what was raised below the layers of GraphQL errors; None if the document itself is at fault."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _details(original: Exception | None) -> Mapping[str, Any]:
    """Return what else a program can read: the arguments that do not fit."""
    failures: Sequence[Failure] = getattr(original, "failures", ())
    listed = [
        {"path": failure.path, "expected": failure.expected, "got": failure.got}
        for failure in failures
    ]
    return {"failures": listed} if listed else {}
