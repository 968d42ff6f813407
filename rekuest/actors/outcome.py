"""How the run of a call can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rekuest.api import wire

__all__ = ["Outcome", "Raised", "Returned", "Stopped"]


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned, or its generator is exhausted."""

    returns: dict[str, Any] | None  # {port key: wire value}; None for a generator


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised, or its values do not fit its ports."""

    error: wire.ExceptionInfo


@dataclass(frozen=True, slots=True)
class Stopped:
    """The code has ended because it was asked to."""


Outcome = Returned | Raised | Stopped
