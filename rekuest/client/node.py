"""Node handles: what `find` returns, and what is called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self

from rekuest.api import wire

__all__ = ["NodeHandle"]


class NodeHandle:
    """One node as a caller holds it.  Frozen; may be used from any thread."""

    id: str
    name: str
    ports: tuple[wire.Port, ...]

    def options(
        self,
        *,
        timeout: float | None = None,
        queue_timeout: float | None = None,
        wait: bool = False,
        reference: str | None = None,
        ephemeral: bool = False,
        on_progress: Callable[[wire.ProgressInfo], object] | None = None,
        on_log: Callable[[wire.LogLine], object] | None = None,
    ) -> NodeHandle:
        """Return the same node with other options for its calls."""
        raise NotImplementedError

    async def aassign(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def assign(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any: ...
    def aiterate(self, /, *args: Any, **kwargs: Any) -> AsyncIterator[Any]: ...
    def iterate(self, /, *args: Any, **kwargs: Any) -> Iterator[Any]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *error: object) -> None: ...
