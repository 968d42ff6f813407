"""How values get from a Python call into ports and back: positions, names, one return or several.

Called by node handles (`bind_arguments`, `join_returns`) and by actors (`call_arguments`, `split_returns`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import ArgumentPassing, PortDirection
from rekuest.errors import Failure, ShrinkError
from rekuest.structures.words import describe

__all__ = ["bind_arguments", "call_arguments", "join_returns", "split_returns"]


def _roots(ports: Sequence[wire.Port], direction: PortDirection) -> list[wire.Port]:
    return [port for port in ports if port.parent is None and port.direction == direction]


def bind_arguments(
    ports: Sequence[wire.Port],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    node: str = "",
) -> dict[str, Any]:
    """Turn a call's positional and named arguments into {port key: value}.

    Names that no port has, and arguments that are missing, are left to the shrinker, which names them all.

    Raises:
        ShrinkError: More positional arguments than the node takes, or one given twice.
    """
    roots = _roots(ports, PortDirection.ARGUMENT)
    places = [port.key for port in roots if port.passing != ArgumentPassing.KEYWORD]
    failures = [
        Failure(f"argument {number}", f"at most {len(places)} by position", describe(value))
        for number, value in enumerate(args[len(places) :], len(places) + 1)
    ]
    bound = dict(zip(places, args, strict=False))
    failures += [
        Failure(key, "one value", "two: by position and by name") for key in kwargs if key in bound
    ]
    if failures:
        raise ShrinkError(node, failures)
    return {**bound, **kwargs}


def call_arguments(
    ports: Sequence[wire.Port], values: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Turn {port key: value} into the positional and the named arguments of a function.

    Args:
        ports: The function's ports.
        values: One entry a port, as the expander returns them.
    """
    roots = _roots(ports, PortDirection.ARGUMENT)
    first = [port.key for port in roots if port.passing == ArgumentPassing.POSITIONAL]
    args = [values[key] for key in first]
    return args, {key: value for key, value in values.items() if key not in first}


def split_returns(ports: Sequence[wire.Port], value: Any, *, node: str = "") -> dict[str, Any]:
    """Turn what a function returned, or yielded, into {port key: value}.

    Raises:
        ShrinkError: It returned something without declaring it, or not as many values as declared.
    """
    keys = [port.key for port in _roots(ports, PortDirection.RETURN)]
    if len(keys) == 1:
        return {keys[0]: value}
    if not keys:
        if value is None:
            return {}
        wanted = "nothing, for the function declares no return; add a return hint"
        raise ShrinkError(node, [Failure("return", wanted, describe(value))])
    if not isinstance(value, tuple) or len(value) != len(keys):
        raise ShrinkError(
            node, [Failure("return", f"TUPLE of {len(keys)} returns", describe(value))]
        )
    return dict(zip(keys, value, strict=True))


def join_returns(ports: Sequence[wire.Port], values: Mapping[str, Any]) -> Any:
    """Turn {port key: value} into what a caller gets: None, the value, or a tuple of several."""
    keys = [port.key for port in _roots(ports, PortDirection.RETURN)]
    if not keys:
        return None
    return values[keys[0]] if len(keys) == 1 else tuple(values[key] for key in keys)
