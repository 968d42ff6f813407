"""Parts of rekuest that are installed on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rekuest.errors import UsageError

__all__ = ["needs_extra"]


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import what an extra brings inside this.

    Raises:
        UsageError: Something is not installed; says which pip command adds it.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        name = exc.name or "a module"
        if name.partition(".")[0] == "rekuest":
            raise
        raise UsageError(f'this needs {name}: pip install "rekuest[{extra}]"') from exc
