"""Reading a list page by page: what is asked for, what comes back, and the cursor between them.

A cursor names the last item of a page by its place in the order: the values it is sorted by, then its id.
So a page is found by an index and does not shift when rows are added before it (keyset pagination).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rekuest.server.store.errors import CursorError

__all__ = ["Listed", "Order", "Page", "read_cursor", "write_cursor"]

Row = TypeVar("Row")
Value = str | int | float


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    first: int = 50  # how many items at most
    after: str | None = None  # `end_cursor` of the page before; None: from the start


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted."""

    by: str  # a value of the concept's order enum: "CREATED_AT"
    direction: str = "ASC"  # OrderDirection


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page of a list."""

    items: tuple[Row, ...]
    end_cursor: str | None  # of the last item; None on an empty page
    has_next: bool  # whether items follow this page


def write_cursor(order: str, values: Sequence[Value]) -> str:
    """Name a place in a list: opaque text that `read_cursor` takes back.

    Args:
        order: What the list is sorted by and which way; a cursor holds for this order only.
        values: The item's sort values, its id last.
    """
    text = json.dumps([order, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(order: str, cursor: str, types: Sequence[type]) -> tuple[Value, ...]:
    """Return the sort values that a cursor holds, the id last.

    Args:
        order: As given to `write_cursor`.
        cursor: What a client sent.
        types: What each value must be: `str`, or `float` for any number.

    Raises:
        CursorError: The cursor is damaged, or of another list or order.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if not isinstance(found, list) or found[:1] != [order] or not _fit(found[1:], types):
        raise CursorError(
            f"cursor {cursor[:80]!r} is not of this list: pass the endCursor of a page of it"
        )
    return tuple(found[1:])


def _fit(values: Sequence[object], types: Sequence[type]) -> bool:
    accepted = {str: (str,), float: (int, float)}
    return len(values) == len(types) and all(
        isinstance(value, accepted[wanted]) and not isinstance(value, bool)
        for value, wanted in zip(values, types, strict=True)
    )
