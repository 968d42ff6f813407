"""Turns type hints into ports: one handler a kind, in three tables.

A hint is looked up as it is (`int`), then by what stands before its brackets (`list[...]`), then by what kind of class
it is.  Called by `define` for each parameter and return.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, Flag
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import PortKind
from rekuest.definition.docstring import read_model_docstring
from rekuest.definition.refusals import RefusedError, refuse, show
from rekuest.errors import StructureError
from rekuest.structures.hints import field_hints, init_fields, strip_optional
from rekuest.structures.jobs import compile_locator
from rekuest.structures.registry import Registry
from rekuest.structures.rules import is_json
from rekuest.structures.shrink import shrink_default
from rekuest.structures.steps import MisfitError
from rekuest.structures.tree import PortTree
from rekuest.structures.words import describe

__all__ = ["Drawing", "draw", "with_default"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What handlers need to know besides the hint."""

    registry: Registry  # where structures are found, and added
    names: Mapping[str, Any]  # what names in the text of annotations mean
    inside: tuple[type, ...] = ()  # the dataclasses that are being drawn, outermost first


Handler = Callable[[str, Any, Drawing], PortTree]


def draw(key: str, hint: Any, drawing: Drawing) -> PortTree:
    """Turn one hint into a port with its parts.

    Args:
        key: The port's key.
        hint: The type; no text.
        drawing: Where it stands.

    Raises:
        RefusedError: It cannot travel; the message says what to write instead.
    """
    bare, is_optional = strip_optional(type(None) if hint is None else hint)
    tree = _handler(bare, drawing)(key, bare, drawing)
    return replace(tree, nullable=True) if is_optional else tree


def _handler(hint: Any, drawing: Drawing) -> Handler:
    origin = typing.get_origin(hint)
    if origin is not None:
        handler = _GENERIC.get(origin) if typing.get_args(hint) else None
    elif isinstance(hint, type):
        handler = _EXACT.get(hint) or _class_handler(hint, drawing)
    else:
        handler = None
    if handler is None:
        raise refuse(hint)
    return handler


def _class_handler(cls: type, drawing: Drawing) -> Handler | None:
    return next((handler for claims, handler in _CLASSES if claims(cls, drawing)), None)


def with_default(tree: PortTree, hint: Any, default: Any) -> PortTree:
    """Give a port its default, in wire form.

    Raises:
        RefusedError: The default does not fit the port, or holds a structure.
    """
    try:
        shaped = shrink_default(tree, hint, default)
    except MisfitError as error:
        is_none = default is None
        fix = f"write '{show(hint)} | None'" if is_none else "change the default or the hint"
        failure = error.failures[0]
        place = f" at {failure.path}" if failure.path else ""
        raise RefusedError(
            f"its default does not fit{place}: expected {failure.expected}, got {failure.got}; {fix}"
        ) from None
    locate = compile_locator([tree])
    if locate is not None and locate({tree.key: shaped}):
        raise RefusedError(
            f"its default is {describe(default)}, a structure, which would have to be stored while "
            "the function is registered; write 'X | None = None' and make it in the function"
        )
    return replace(tree, has_default=True, default=shaped)


def _plain(kind: PortKind) -> Handler:
    return lambda key, hint, drawing: PortTree(key, kind)


def _draw_list(key: str, hint: Any, drawing: Drawing) -> PortTree:
    args = typing.get_args(hint)
    if len(args) != 1:
        raise refuse(list)
    return PortTree(key, PortKind.LIST, parts=(draw("item", args[0], drawing),))


def _draw_dict(key: str, hint: Any, drawing: Drawing) -> PortTree:
    args = typing.get_args(hint)
    if len(args) != 2:
        raise refuse(dict)
    name, value = args
    if name is not str:
        raise RefusedError(
            f"{show(hint)!r} cannot travel; keys are text: write 'dict[str, {show(value)}]'"
        )
    return PortTree(key, PortKind.DICT, parts=(draw("value", value, drawing),))


def _is_enum(cls: type, drawing: Drawing) -> bool:
    return issubclass(cls, Enum) and not issubclass(cls, Flag) and len(cls) > 0


def _draw_enum(key: str, cls: type[Enum], drawing: Drawing) -> PortTree:
    choices = tuple(
        wire.Choice(key=member.name, value=member.value if is_json(member.value) else None)
        for member in cls
    )
    return PortTree(key, PortKind.ENUM, identifier=cls.__name__, choices=choices)


def _is_structure(cls: type, drawing: Drawing) -> bool:
    try:
        return drawing.registry.by_class(cls) is not None
    except StructureError as error:
        raise RefusedError(f"{show(cls)!r} cannot travel; {error}") from error


def _draw_structure(key: str, cls: type, drawing: Drawing) -> PortTree:
    structure = drawing.registry.by_class(cls)
    identifier = None if structure is None else structure.identifier
    return PortTree(key, PortKind.STRUCTURE, identifier=identifier)


def _is_model(cls: type, drawing: Drawing) -> bool:
    return dataclasses.is_dataclass(cls)


def _draw_model(key: str, cls: type, drawing: Drawing) -> PortTree:
    if cls in drawing.inside:
        raise RefusedError(
            f"{show(cls)!r} contains itself, which a list of ports cannot say; make it a structure"
        )
    inner = replace(drawing, inside=(*drawing.inside, cls))
    hints, words = _model_hints(cls, drawing.names), read_model_docstring(cls).parameters
    parts = []
    for field in init_fields(cls):
        try:
            part = draw(field.name, hints[field.name], inner)
            part = _with_field_default(part, hints[field.name], field)
        except RefusedError as error:
            raise RefusedError(f"field {field.name!r} of {cls.__qualname__}: {error}") from error
        parts.append(replace(part, description=words.get(field.name)))
    return PortTree(key, PortKind.MODEL, identifier=cls.__name__, parts=tuple(parts))


def _model_hints(cls: type, names: Mapping[str, Any]) -> dict[str, Any]:
    try:
        hints = field_hints(cls, names)
    except Exception as error:  # evaluating annotations runs what the author wrote
        raise RefusedError(
            f"the annotations of {cls.__qualname__} mean nothing here ({error}); "
            "define what they name at the top of its module"
        ) from error
    lost = [name for name, hint in hints.items() if isinstance(hint, dataclasses.InitVar)]
    if lost:
        raise RefusedError(
            f"{show(cls)!r} has the InitVar {lost[0]!r}, which cannot be read back; make it a field"
        )
    return hints


def _with_field_default(tree: PortTree, hint: Any, field: dataclasses.Field[Any]) -> PortTree:
    if field.default is not dataclasses.MISSING:
        return with_default(tree, hint, field.default)
    if field.default_factory is dataclasses.MISSING:
        return tree
    try:
        default = field.default_factory()
    except Exception as error:  # the author's function
        raise RefusedError(f"its default_factory raised {error!r}; make it work") from error
    return with_default(tree, hint, default)


_EXACT: Mapping[type, Handler] = {
    int: _plain(PortKind.INT),
    float: _plain(PortKind.FLOAT),
    str: _plain(PortKind.STRING),
    bool: _plain(PortKind.BOOL),
    type(None): _plain(PortKind.NONE),
}
_GENERIC: Mapping[Any, Handler] = {list: _draw_list, dict: _draw_dict}
# In this order: a dataclass with `shrink` and `expand` is a structure.
_CLASSES: tuple[tuple[Callable[[type, Drawing], bool], Handler], ...] = (
    (_is_enum, _draw_enum),
    (_is_structure, _draw_structure),
    (_is_model, _draw_model),
)
