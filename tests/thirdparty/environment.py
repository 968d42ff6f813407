"""A virtual environment with PyPI `gql`: its pins and warnings stay out of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

__all__ = ["REQUIREMENT", "make_environment"]

REQUIREMENT = "gql[httpx,websockets]>=4,<5"
UNREACHABLE = (
    "Could not find a version",
    "NewConnectionError",
    "Network is unreachable",
    "Temporary failure in name resolution",
    "Name or service not known",
)


def make_environment(folder: Path) -> Path:
    """Make the environment, unless it is there, and return its Python.

    Skips the test if pip reaches no index.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "installed"
    wanted = f"{REQUIREMENT} for {sys.version}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, REQUIREMENT], check=False, capture_output=True, text=True)
    if installed.returncode and any(sign in installed.stderr for sign in UNREACHABLE):
        pytest.skip(f"pip reaches no index to install {REQUIREMENT!r} from")
    assert installed.returncode == 0, installed.stderr
    stamp.write_text(wanted, encoding="utf-8")
    return python
