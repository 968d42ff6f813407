"""What cannot travel, and what to write instead: one row a hint that people try."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import pathlib
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["RefusedError", "refuse", "show"]


class RefusedError(Exception):
    """A hint that cannot become a port; becomes a `DefinitionError` that also names function and parameter."""


def show(hint: Any) -> str:
    """Return a hint as it would be written."""
    return hint if isinstance(hint, str) else inspect.formatannotation(hint)


_LIST = "write 'list[{item}]'"
_CALLABLE = "functions do not travel; register it and pass the name of its node"
_MODEL = "write a dataclass with the same fields"
_UNION = "only 'X | None' can; write a dataclass with an optional field for each"
_ITERATOR = "values cannot be streamed in; write 'list[{item}]'"

# hint, or what stands before its brackets: what to write instead; {item} is what stands in them last
_ADVICE: Mapping[Any, str] = {
    list: "say what is in it; write 'list[int]'",
    dict: "say what is in it; write 'dict[str, int]'",
    tuple: "write 'list[{item}]' or a dataclass (only a whole return may be 'tuple[A, B]')",
    set: _LIST,
    frozenset: _LIST,
    collections.abc.Sequence: _LIST,
    collections.abc.MutableSequence: _LIST,
    collections.abc.Set: _LIST,
    collections.abc.Collection: _LIST,
    collections.abc.Iterable: _LIST,
    collections.abc.Iterator: _ITERATOR,
    collections.abc.Generator: _ITERATOR,
    collections.abc.AsyncIterable: _ITERATOR,
    collections.abc.AsyncIterator: _ITERATOR,
    collections.abc.AsyncGenerator: _ITERATOR,
    collections.abc.Mapping: "write 'dict[str, {item}]'",
    collections.abc.MutableMapping: "write 'dict[str, {item}]'",
    collections.abc.Callable: _CALLABLE,
    bytes: "write 'str' with base64 in it, or a structure for large ones",
    bytearray: "write 'str' with base64 in it, or a structure for large ones",
    complex: "write two floats, or a dataclass with both parts",
    datetime.datetime: "write 'str' with ISO 8601 in it",
    datetime.date: "write 'str' with ISO 8601 in it",
    datetime.time: "write 'str' with ISO 8601 in it",
    datetime.timedelta: "write 'float' with seconds in it",
    uuid.UUID: "write 'str'",
    decimal.Decimal: "write 'str'",
    pathlib.Path: "write 'str'",
    pathlib.PurePath: "write 'str'",
    typing.Any: "anything cannot be checked; write the type that is meant",
    object: "anything cannot be checked; write the type that is meant",
    typing.Literal: "write an Enum with these members",
    typing.Annotated: "write the bare type",
    typing.Union: _UNION,
    types.UnionType: _UNION,
    typing.NoReturn: "write '-> None'",
    typing.Never: "write '-> None'",
}


def _is_named_tuple(hint: type) -> bool:
    return issubclass(hint, tuple) and hasattr(hint, "_fields")


# claims a class: what to write instead
_CLASS_ADVICE: tuple[tuple[Callable[[type], bool], str], ...] = (
    (lambda cls: issubclass(cls, enum.Flag), "flags combine; write 'list[X]' with an Enum for X"),
    (lambda cls: issubclass(cls, enum.Enum), "it has no members; add at least one"),
    (_is_named_tuple, _MODEL),
    (typing.is_typeddict, _MODEL),
    (lambda cls: hasattr(cls, "__pydantic_fields__"), _MODEL),
    (lambda cls: hasattr(cls, "__attrs_attrs__"), _MODEL),
)
_OTHER_CLASS = (
    "give the class 'shrink' and 'expand', register it with '@structure', or make it a dataclass"
)


def _advise(hint: Any) -> str:
    origin = typing.get_origin(hint)
    if origin is not None and origin not in _ADVICE and dataclasses.is_dataclass(origin):
        return "write a dataclass without type parameters"
    try:
        advice = _ADVICE.get(hint if origin is None else origin)
    except TypeError:  # not hashable
        advice = None
    if advice is not None:
        items = [arg for arg in typing.get_args(hint) if arg is not Ellipsis]
        return advice.format(item=show(items[-1]) if items else "X")
    if isinstance(hint, typing.TypeVar):
        return "write the type that is meant"
    if hasattr(hint, "__supertype__"):
        return f"write {show(hint.__supertype__)!r}"
    if not isinstance(hint, type):
        return "write a type"
    return next((text for claims, text in _CLASS_ADVICE if claims(hint)), _OTHER_CLASS)


def refuse(hint: Any) -> RefusedError:
    """Make the error of a hint that no kind takes."""
    return RefusedError(f"{show(hint)!r} cannot travel; {_advise(hint)}")
