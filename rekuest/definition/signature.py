"""Turns a function's signature into ports: parameters into arguments, the return hint into returns.

Called by `define`.  Every problem of a function is collected, so that it is mended in one go.
"""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rekuest.api.enums import ArgumentPassing
from rekuest.definition.docstring import Documentation
from rekuest.definition.function import CallKind, call_kind, names_in, returns_nothing
from rekuest.definition.kinds import Drawing, draw, with_default
from rekuest.definition.refusals import RefusedError, show
from rekuest.structures.hints import resolve_hints
from rekuest.structures.tree import PortTree

__all__ = ["Reading", "read_signature"]

_RETURN = "return"  # as in `__annotations__`
_STARS: Mapping[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
_PASSING: Mapping[Any, ArgumentPassing] = {
    inspect.Parameter.POSITIONAL_ONLY: ArgumentPassing.POSITIONAL,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: ArgumentPassing.ANY,
    inspect.Parameter.KEYWORD_ONLY: ArgumentPassing.KEYWORD,
}

# what a stream is annotated with: whether it is async
_STREAMS: Mapping[Any, bool] = {
    collections.abc.Generator: False,
    collections.abc.Iterator: False,
    collections.abc.Iterable: False,
    collections.abc.AsyncGenerator: True,
    collections.abc.AsyncIterator: True,
    collections.abc.AsyncIterable: True,
}
# (how the function is called, whether its hint is an async stream): how it is run
_STREAM_KINDS: Mapping[tuple[CallKind, bool], CallKind] = {
    (CallKind.GENERATOR, False): CallKind.GENERATOR,
    (CallKind.ASYNC_GENERATOR, True): CallKind.ASYNC_GENERATOR,
    # It does not yield itself but returns something that does.
    (CallKind.FUNCTION, False): CallKind.GENERATOR,
    (CallKind.FUNCTION, True): CallKind.ASYNC_GENERATOR,
}
_LOOSE = (collections.abc.Iterable, collections.abc.AsyncIterable)


@dataclass(slots=True)
class Reading:
    """What a signature says.  Filled by `read_signature`."""

    kind: CallKind
    arguments: list[PortTree] = field(default_factory=list)
    returns: list[PortTree] = field(default_factory=list)
    argument_types: dict[str, Any] = field(default_factory=dict)  # {port key: resolved hint}
    return_types: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)  # in the order of the signature


class _Unreadable(Exception):
    """An annotation whose text means nothing; stands in its place until its turn."""


def read_signature(
    function: Callable[..., Any],
    target: types.FunctionType,
    drawing: Drawing,
    words: Documentation,
) -> Reading:
    """Read the ports of a function off its signature.

    Args:
        function: As it will be called.
        target: The `def` behind it.
        drawing: Where structures are found, and what names mean besides those the function sees.
        words: Its docstring.
    """
    signature = inspect.signature(function)
    drawing = replace(drawing, names=names_in(target, drawing.names))
    written = {it.name: it.annotation for it in signature.parameters.values()}
    written[_RETURN] = signature.return_annotation
    hints = _resolve(written, drawing.names)
    reading = Reading(call_kind(function, target))
    for parameter in signature.parameters.values():
        try:
            _read_parameter(reading, parameter, hints, drawing, words)
        except RefusedError as error:
            annotated = _annotated(parameter.annotation)
            reading.problems.append(f"parameter {parameter.name!r}{annotated}: {error}")
    try:
        _read_returns(reading, hints.get(_RETURN, inspect.Signature.empty), target, drawing, words)
    except RefusedError as error:
        reading.problems.append(f"its return{_annotated(signature.return_annotation)}: {error}")
    return reading


def _annotated(annotation: Any) -> str:
    return "" if annotation is inspect.Signature.empty else f", annotated {show(annotation)!r}"


def _resolve(written: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Turn annotations into types, with `_Unreadable` in the place of those that mean nothing."""
    given = {key: it for key, it in written.items() if it is not inspect.Signature.empty}
    try:
        return resolve_hints(given, names)
    except Exception:  # noqa: BLE001  which one it was is found below
        return {key: _resolve_one(key, annotation, names) for key, annotation in given.items()}


def _resolve_one(key: str, annotation: Any, names: Mapping[str, Any]) -> Any:
    try:
        return resolve_hints({key: annotation}, names)[key]
    except Exception as error:  # noqa: BLE001  evaluating annotations runs what the author wrote
        return _Unreadable(str(error))


def _usable(hint: Any) -> Any:
    if isinstance(hint, _Unreadable):
        raise RefusedError(
            f"it means nothing here ({hint}); define what it names before the function"
        )
    return hint


def _read_parameter(
    reading: Reading,
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    drawing: Drawing,
    words: Documentation,
) -> None:
    stars = _STARS.get(parameter.kind)
    if stars is not None:
        raise RefusedError(
            f"'{stars}{parameter.name}' takes any number of arguments, and a node a fixed one; "
            "write 'list[X]' or 'dict[str, X]' without the stars"
        )
    hint = _hint_of(parameter, hints)
    tree = draw(parameter.name, hint, drawing)
    if parameter.default is not inspect.Parameter.empty:
        tree = with_default(tree, hint, parameter.default)
    tree = replace(
        tree,
        passing=_PASSING[parameter.kind],
        description=words.parameters.get(parameter.name),
    )
    reading.arguments.append(tree)
    reading.argument_types[parameter.name] = hint


def _hint_of(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Any:
    """Return a parameter's hint; without one, the type of its default."""
    if parameter.name in hints:
        return _usable(hints[parameter.name])
    if parameter.default is inspect.Parameter.empty:
        raise RefusedError(f"it has no type hint; write '{parameter.name}: int' or what it takes")
    if parameter.default is None:
        raise RefusedError(
            "it has no type hint, and its default None says nothing; "
            f"write '{parameter.name}: X | None = None'"
        )
    return type(parameter.default)


def _read_returns(
    reading: Reading,
    hint: Any,
    target: types.FunctionType,
    drawing: Drawing,
    words: Documentation,
) -> None:
    hint = _value_hint(reading, _usable(hint), target)
    for key, part in _returns_of(hint):
        tree = draw(key, part, drawing)
        place = len(reading.returns)
        text = words.returns[place] if place < len(words.returns) else None
        reading.returns.append(replace(tree, description=text))
        reading.return_types[key] = part


def _value_hint(reading: Reading, hint: Any, target: types.FunctionType) -> Any:
    """Return the hint of what is returned, or of what is yielded; `reading.kind` learns of a stream."""
    stream = typing.get_origin(hint) or hint
    if stream in _STREAMS:
        return _yield_hint(reading, hint, stream)
    if reading.kind.is_generator:
        name = "AsyncIterator" if reading.kind.is_async else "Iterator"
        raise RefusedError(f"the function yields; write '-> {name}[X]'")
    if hint is not inspect.Signature.empty:
        return hint
    if returns_nothing(target):
        return type(None)
    raise RefusedError("it has no type hint; write '-> X', or '-> None' if it gives nothing")


def _yield_hint(reading: Reading, hint: Any, stream: Any) -> Any:
    is_async = _STREAMS[stream]
    kind = _STREAM_KINDS.get((reading.kind, is_async))
    if kind is None:
        name = "AsyncIterator" if reading.kind.is_async else "Iterator"
        raise RefusedError(
            f"the function is of kind {reading.kind.value}; yield, and write '-> {name}[X]'"
        )
    if stream in _LOOSE and not reading.kind.is_generator:
        raise RefusedError(
            "it may be read only once or not; write 'list[X]', or 'Iterator[X]' for a stream"
        )
    args = typing.get_args(hint)
    if not args:
        raise RefusedError(f"say what it yields; write '{stream.__name__}[int]'")
    if any(arg not in (None, type(None), typing.Any) for arg in args[1:]):
        raise RefusedError(
            "nothing can be sent into a stream, and it returns nothing; write 'Iterator[X]'"
        )
    reading.kind = kind
    return args[0]


def _returns_of(hint: Any) -> Sequence[tuple[str, Any]]:
    """Return (port key, hint) of each return."""
    if hint is type(None):
        return ()
    args = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and args and Ellipsis not in args:
        return tuple((f"return{place}", part) for place, part in enumerate(args))
    return ((_RETURN, hint),)
