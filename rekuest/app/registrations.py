"""The functions that an app provides, by interface."""

from __future__ import annotations

import sys
import threading

from rekuest.definition import Definition
from rekuest.errors import DefinitionError

__all__ = ["Registrations"]


class Registrations:
    """What was registered, in order.  May be used from any thread."""

    def __init__(self) -> None:
        self._definitions: dict[str, Definition] = {}
        self._lock = threading.Lock()

    def add(self, definition: Definition) -> None:
        """Keep a definition.

        Raises:
            DefinitionError: Its interface is taken; names both locations.
        """
        interface = definition.template.interface
        with self._lock:
            other = self._definitions.get(interface)
            if other is not None and not _may_replace(other, definition):
                raise DefinitionError(
                    f"cannot register the function at {definition.location} as {interface!r}: the one at "
                    f"{other.location} already has this interface; give one of them another name with "
                    "`@client.register(interface=...)`"
                )
            self._definitions[interface] = definition

    def all(self) -> tuple[Definition, ...]:
        """Return everything that is registered, in order."""
        with self._lock:
            return tuple(self._definitions.values())


def _may_replace(old: Definition, new: Definition) -> bool:
    """Whether a definition is the same one again: a cell of a notebook that was run twice."""
    if old.function is new.function:
        return True
    is_interactive = not hasattr(sys.modules.get("__main__"), "__file__")
    return (
        is_interactive
        and old.function.__module__ == new.function.__module__ == "__main__"
        and old.function.__qualname__ == new.function.__qualname__
    )
