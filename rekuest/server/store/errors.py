"""What the record says when it cannot do what it was asked to."""

from __future__ import annotations

from rekuest.errors import RekuestError

__all__ = ["CursorError", "StoreError"]


class StoreError(RekuestError):
    """The record could not be opened, read or written; nothing of the failed write is stored."""

    def __init__(self, message: str, *, code: str = "UNAVAILABLE") -> None:
        # UNAVAILABLE: try again later.  INTERNAL: the write itself is at fault and fails each time.
        self.code = code  # a value of ErrorCode
        super().__init__(message)


class CursorError(StoreError):
    """A cursor is not one that this list gave out."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="INVALID_INPUT")
