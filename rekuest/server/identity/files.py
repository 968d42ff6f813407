"""Files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["make_private_dir", "write_private"]


def make_private_dir(path: Path) -> None:
    """Make a folder with its parents; if it is new, only its owner may look into it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one with mode 0600; a reader sees the old text or the new one."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
