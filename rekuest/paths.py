"""Where rekuest keeps files of its user: the server its store, the client the local credentials."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["CREDENTIALS_FILE", "data_dir", "default_data_dir"]

CREDENTIALS_FILE = (
    "client.json"  # in the data folder, mode 0600; the server writes it, clients read it
)


def default_data_dir(
    environ: Mapping[str, str] | None = None,
    platform: str = sys.platform,
    home: Path | None = None,
) -> Path:
    """Return the platform's folder for the data of a user's programs; it need not exist.

    Args:
        environ: Environment variables; `None` is this process's.
        platform: As `sys.platform` says it.
        home: The user's home; `None` is this user's.

    Returns:
        `~/Library/Application Support/rekuest` on macOS, `%LOCALAPPDATA%\\rekuest` on Windows,
        `$XDG_DATA_HOME/rekuest` or `~/.local/share/rekuest` elsewhere.
    """
    environ = os.environ if environ is None else environ
    home = Path.home() if home is None else home
    if platform == "darwin":
        return home / "Library" / "Application Support" / "rekuest"
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / "rekuest"
    xdg = environ.get("XDG_DATA_HOME", "")
    # The XDG specification wants relative paths to be ignored.
    root = Path(xdg) if xdg.startswith("/") else home / ".local" / "share"
    return root / "rekuest"


def data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return `REKUEST_DATA_DIR` if it is set, else `default_data_dir()`; it need not exist."""
    environ = os.environ if environ is None else environ
    chosen = environ.get("REKUEST_DATA_DIR")
    return Path(chosen).expanduser() if chosen else default_data_dir(environ)
