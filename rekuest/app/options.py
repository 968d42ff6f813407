"""What `register` can be told about a function, in one place for the method and the module's function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from rekuest.api import wire

__all__ = ["RegisterOptions", "check_options"]


class RegisterOptions(TypedDict, total=False):
    """The options of `register`; each may be left out."""

    interface: str | None  # the name that the app knows it by; None: the function's
    name: str | None  # of the node; None: the interface
    idempotent: bool  # running it twice does no harm
    pure: bool  # equal arguments always give equal results and nothing else happens
    concurrency: int | None  # most calls at a time; None: 1 for sync functions, 16 for async ones
    autoprovide: bool  # provision it as soon as the app is there
    max_instances: int | None  # most provisions of it on one agent; None: no bound
    labels: Sequence[str]  # free labels that reservations can ask for
    retry: wire.RetryPolicy | None  # how an idempotent one is tried again; None: the server's way


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what is no option, in the words that Python has for a wrong argument.

    Raises:
        TypeError: Names what is not known and what is.
    """
    known = RegisterOptions.__annotations__
    unknown = ", ".join(repr(name) for name in options if name not in known)
    if unknown:
        raise TypeError(f"register() has no option {unknown} (known: {', '.join(known)})")
