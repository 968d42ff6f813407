"""What the Python side of a port is: type hints taken apart.

Called by `rekuest.definition`, which draws ports from hints, and by shrink and expand, which follow hints beside ports.
"""

from __future__ import annotations

import dataclasses
import types
import typing
import weakref
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from rekuest.api.enums import PortKind
from rekuest.structures.tree import PortTree

__all__ = [
    "enum_of",
    "field_hints",
    "init_fields",
    "model_of",
    "part_hints",
    "resolve_hints",
    "strip_optional",
]


class _Annotated:
    """Carries annotations to `typing.get_type_hints`, which evaluates those that are text."""

    def __init__(self, annotations: dict[str, Any]) -> None:
        self.__annotations__ = annotations


def resolve_hints(annotations: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Turn annotations, some of them text, into types.  `Annotated` is kept.

    Args:
        annotations: {parameter or field: what stands behind the colon}.
        names: What names in the text mean, besides the builtins.

    Raises:
        NameError: A name in the text means nothing.
        Exception: Whatever evaluating the text raises.
    """
    carrier = _Annotated(dict(annotations))
    return typing.get_type_hints(carrier, globalns=dict(names), include_extras=True)


def strip_optional(hint: Any) -> tuple[Any, bool]:
    """Separate `X | None` into X and whether None is allowed; a union of several stays one."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    members = [member for member in typing.get_args(hint) if member is not type(None)]
    if len(members) == len(typing.get_args(hint)):
        return hint, False
    return typing.Union[tuple(members)], True  # noqa: UP007  made at run time


def init_fields(cls: type) -> list[dataclasses.Field[Any]]:
    """Return the fields of a dataclass that its constructor takes; the others follow from these."""
    fields: Sequence[dataclasses.Field[Any]] = dataclasses.fields(cls)
    return [field for field in fields if field.init]


_field_hints: weakref.WeakKeyDictionary[type, dict[str, Any]] = weakref.WeakKeyDictionary()


def field_hints(cls: type, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return {field: type} of a dataclass.

    What was found once is remembered, so that a class that needed `names` does not need them again.

    Args:
        cls: The dataclass.
        names: What names in its annotations mean, besides those of its module.

    Raises:
        NameError: A name in an annotation means nothing.
    """
    known = _field_hints.get(cls)
    if known is None:
        local = {cls.__name__: cls, **(names or {})}
        known = typing.get_type_hints(cls, localns=local, include_extras=True)
        _field_hints[cls] = known
    return known


def enum_of(hint: Any) -> type[Enum] | None:
    """Return the hint if it is an Enum class."""
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else None


def model_of(hint: Any) -> type | None:
    """Return the hint if it is a dataclass."""
    return hint if isinstance(hint, type) and dataclasses.is_dataclass(hint) else None


def _model_parts(hint: Any, tree: PortTree) -> list[Any]:
    cls = model_of(hint)
    hints = field_hints(cls) if cls is not None else {}
    return [hints.get(part.key) for part in tree.parts]


# kind: (hint, port) -> hints of the port's parts
_PARTS: Mapping[PortKind, Callable[[Any, PortTree], Sequence[Any]]] = {
    PortKind.LIST: lambda hint, tree: typing.get_args(hint)[:1],
    PortKind.DICT: lambda hint, tree: typing.get_args(hint)[1:],
    PortKind.MODEL: _model_parts,
}


def part_hints(hint: Any, tree: PortTree) -> list[Any]:
    """Return the hint of each part of a port; None where nothing is known of it.

    Args:
        hint: The hint of the port itself, without `| None`. None: only the port is known.
        tree: The port.
    """
    find = _PARTS.get(tree.kind)
    found = list(find(hint, tree)) if find is not None and hint is not None else []
    return [*found, *[None] * (len(tree.parts) - len(found))]
