"""How a message is refused.  Source: schema/PROTOCOL.md, 1.7; called by both machines and the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from rekuest.api import enums, wire
from rekuest.errors import ProtocolError

__all__ = ["refuse", "refuse_raw"]

# {field of a message: the same in JSON}, what it is about first.
_SUBJECTS: Final = ("reference", "assignation", "provision", "reservation")
_TEXT: Final = 1000  # characters of what is repeated to the peer


def refuse(message: BaseModel, code: enums.ErrorCode | str, reason: str) -> wire.Refused:
    """Return the `Refused` that names a message.

    Args:
        message: What is not followed.
        code: Why, as `ErrorCode`.
        reason: Why, for people, with what to do.
    """
    found = {name: getattr(message, name, None) for name in (*_SUBJECTS, "attempt", "seq")}
    return _refused(type(message).__name__, found, code, reason)


def refuse_raw(found: Any, error: ProtocolError) -> wire.Refused:
    """Return the `Refused` that names a JSON object that could not be made a message.

    Args:
        found: The object as it arrived; anything at all.
        error: Why it could not; its `code` is an `ErrorCode`.
    """
    fields: Mapping[str, Any] = found if isinstance(found, dict) else {}
    tag = fields.get("__typename")
    return _refused(tag if isinstance(tag, str) else None, fields, error.code, str(error))


def _refused(
    tag: str | None, fields: Mapping[str, Any], code: enums.ErrorCode | str, reason: str
) -> wire.Refused:
    subjects = (fields.get(name) for name in _SUBJECTS)
    subject = next((text for text in subjects if isinstance(text, str)), None)
    return wire.Refused(
        message=None if tag is None else tag[:_TEXT],
        subject=None if subject is None else subject[:_TEXT],
        receipt=_receipt(fields),
        code=enums.ErrorCode(code),
        reason=reason[:_TEXT],
    )


def _receipt(fields: Mapping[str, Any]) -> wire.Receipt | None:
    """Name the agent's event, if the message was one."""
    assignation, attempt, seq = (fields.get(name) for name in ("assignation", "attempt", "seq"))
    if not isinstance(assignation, str) or not _is_count(attempt) or not _is_count(seq):
        return None
    return wire.Receipt(assignation=assignation, attempt=attempt, seq=seq)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31
