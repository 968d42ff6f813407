"""From named values to a Python call, and from what it returns to named values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import ArgumentPassing, PortDirection
from rekuest.errors import Failure, ShrinkError
from rekuest.structures.words import describe

__all__ = ["ArgumentNames", "ReturnNames"]


class ArgumentNames:
    """How the arguments of one function are passed."""

    def __init__(self, ports: Sequence[wire.Port]) -> None:
        self._positional = tuple(
            port.key
            for port in _own(ports, PortDirection.ARGUMENT)
            if port.passing == ArgumentPassing.POSITIONAL
        )

    def bind(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Split values into positional and named ones.

        Args:
            values: {port key: value}; what is left out takes the function's own default.

        Returns:
            What `function(*args, **kwargs)` takes.
        """
        named = dict(values)
        return [named.pop(key) for key in self._positional if key in named], named


class ReturnNames:
    """What the values that one function gives are called."""

    def __init__(self, node: str, ports: Sequence[wire.Port]) -> None:
        self._node = node  # its name, for errors
        self._keys = tuple(port.key for port in _own(ports, PortDirection.RETURN))

    def name(self, value: object) -> dict[str, Any]:
        """Name what the function gave.

        Args:
            value: One value for one return port, a tuple for several, `None` for none.

        Returns:
            {port key: value}.

        Raises:
            ShrinkError: There are more or fewer values than return ports.
        """
        if len(self._keys) == 1:
            return {self._keys[0]: value}
        if not self._keys:
            if value is None:
                return {}
            raise self._refuse("nothing: the function has no return hint", describe(value))
        if not isinstance(value, tuple):
            raise self._refuse(f"a tuple of {len(self._keys)} values", describe(value))
        if len(value) != len(self._keys):
            raise self._refuse(f"{len(self._keys)} values", f"{len(value)} values")
        return dict(zip(self._keys, value, strict=True))

    def _refuse(self, expected: str, got: str) -> ShrinkError:
        return ShrinkError(self._node, [Failure("return", expected, got)])


def _own(ports: Sequence[wire.Port], direction: PortDirection) -> list[wire.Port]:
    """Return the arguments or returns themselves, without their parts."""
    return [port for port in ports if port.parent is None and port.direction == direction]
