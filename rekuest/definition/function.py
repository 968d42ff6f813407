"""What is known of a function before its hints are read: where it stands, how it is called, whether it returns."""

from __future__ import annotations

import dis
import inspect
import linecache
import re
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any

__all__ = ["CallKind", "call_kind", "locate", "names_in", "returns_nothing", "unwrap"]


class CallKind(Enum):
    """How a function is run."""

    FUNCTION = "function"  # blocks and returns
    COROUTINE = "coroutine"  # is awaited and returns
    GENERATOR = "generator"  # gives an iterator; each step blocks
    ASYNC_GENERATOR = "async generator"  # gives an async iterator

    @property
    def is_async(self) -> bool:
        """Whether it runs in the loop; otherwise it belongs into a thread."""
        return self in (CallKind.COROUTINE, CallKind.ASYNC_GENERATOR)

    @property
    def is_generator(self) -> bool:
        """Whether it gives any number of values."""
        return self in (CallKind.GENERATOR, CallKind.ASYNC_GENERATOR)


def unwrap(function: Callable[..., Any]) -> types.FunctionType | None:
    """Return the `def` behind a method, a partial, a callable object or decorators; None if there is none."""
    target: Any = function
    while not isinstance(target, types.FunctionType):
        if isinstance(target, partial):
            target = target.func
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        elif isinstance(target, types.MethodType):
            target = target.__func__
        elif isinstance(getattr(type(target), "__call__", None), types.FunctionType):  # noqa: B004
            target = type(target).__call__
        else:
            return None
    unwrapped = inspect.unwrap(target)
    return unwrapped if isinstance(unwrapped, types.FunctionType) else target


_KINDS: Mapping[CallKind, Callable[[Any], bool]] = {
    CallKind.ASYNC_GENERATOR: inspect.isasyncgenfunction,
    CallKind.GENERATOR: inspect.isgeneratorfunction,
    CallKind.COROUTINE: inspect.iscoroutinefunction,
}


def call_kind(function: Callable[..., Any], target: types.FunctionType) -> CallKind:
    """Find out how a function is run.

    Args:
        function: As it will be called.
        target: The `def` behind it; asked where a decorator hides what it returns.
    """
    for asked in (function, getattr(type(function), "__call__", None), target):  # noqa: B004
        for kind, holds in _KINDS.items():
            if holds(asked):
                return kind
    return CallKind.FUNCTION


def locate(target: types.FunctionType) -> str:
    """Return `file:line` of the `def`, below its decorators."""
    code = target.__code__
    definition = re.compile(rf"\s*(async\s+)?def\s+{re.escape(code.co_name)}\b")
    lines = linecache.getlines(code.co_filename)
    first = code.co_firstlineno
    for number in range(first, min(first + 100, len(lines) + 1)):
        if definition.match(lines[number - 1]):
            return f"{code.co_filename}:{number}"
    return f"{code.co_filename}:{first}"


def names_in(target: types.FunctionType, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what names in the text of annotations mean: globals, what the function closes over, `names`."""
    known = {**target.__globals__}
    for name, cell in zip(target.__code__.co_freevars, target.__closure__ or (), strict=True):
        try:
            known[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return {**known, **names}


def returns_nothing(target: types.FunctionType) -> bool:
    """Whether no `return` of a function gives a value, as its bytecode tells."""
    last: dis.Instruction | None = None
    for instruction in dis.get_instructions(target.__code__):
        gives = instruction if instruction.opname == "RETURN_CONST" else last
        if instruction.opname.startswith("RETURN_") and instruction.opname != "RETURN_GENERATOR":
            is_none = gives is not None and gives.argval is None and "CONST" in gives.opname
            if not is_none or instruction.is_jump_target:
                return False
        last = instruction
    return True
