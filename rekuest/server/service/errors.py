"""Why the service does not do what it was asked."""

from __future__ import annotations

from collections.abc import Sequence

from rekuest.api.enums import ErrorCode
from rekuest.errors import Failure, RekuestError

__all__ = ["RejectionError"]


class RejectionError(RekuestError):
    """Nothing was changed; gateway and GraphQL answer with `code` and the text."""

    def __init__(self, code: ErrorCode, message: str, failures: Sequence[Failure] = ()) -> None:
        self.code = code
        self.failures = tuple(failures)  # for INVALID_ARGS, each argument that does not fit
        super().__init__(message)
