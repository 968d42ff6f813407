"""A named pipe at which the provider's `hold` waits until the test lets it go on."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Gate"]


class Gate:
    """One pipe; `hold(str(gate))` reads from it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def holding(self) -> str:
        """What the provider says when it waits here."""
        return f"holding {self.path.name}"

    def release(self, text: str) -> None:
        """Let the function go on and return a text.  Blocks until it has come here."""
        self.path.write_text(text, encoding="utf-8")
