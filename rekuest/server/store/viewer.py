"""For whom something is read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Viewer"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user in an organization.  Reads show what is theirs and nothing else; None in its place: the server itself."""

    organization: str  # id
    user: str  # id
