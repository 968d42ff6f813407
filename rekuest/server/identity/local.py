"""The credential file of the local client: how programs on this machine find the server and get in.

`client.json` in the data folder: {"url", "client_id", "client_secret"}, mode 0600.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rekuest.paths import CREDENTIALS_FILE
from rekuest.server.identity.files import make_private_dir, write_private

__all__ = ["LocalCredentials", "read_credentials", "write_credentials"]


@dataclass(frozen=True, slots=True)
class LocalCredentials:
    """What the file says."""

    url: str  # where the server was last reached
    client_id: str
    client_secret: str


def read_credentials(data_dir: Path) -> LocalCredentials | None:
    """Return what the file says; None if there is none, or it cannot be read as one."""
    try:
        found = json.loads((data_dir / CREDENTIALS_FILE).read_text(encoding="utf-8"))
        return LocalCredentials(found["url"], found["client_id"], found["client_secret"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_credentials(data_dir: Path, credentials: LocalCredentials) -> None:
    """Replace the file."""
    make_private_dir(data_dir)
    write_private(data_dir / CREDENTIALS_FILE, json.dumps(asdict(credentials), indent=2) + "\n")
