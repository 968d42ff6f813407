"""Formats what was rendered, compares it with what is on disk, and writes only the difference.

`manifest.json` in the output lists the files that belong to the generator: only those it removes.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath

__all__ = ["MANIFEST", "Changes", "compare", "differences", "formatted", "write"]

MANIFEST = "manifest.json"
_OPTIONS = ("--isolated", "--no-cache", "--quiet", "--target-version=py311", "--line-length=100")


@dataclass(frozen=True)
class Changes:
    """How a folder differs from what should be in it.  Paths are relative to it, sorted."""

    stale: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]  # the last manifest's and this one's no more, or nobody's

    def __bool__(self) -> bool:
        return bool(self.stale or self.missing or self.extra)


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files with the Python ones formatted: imports sorted and pruned, then laid out.

    Ruff runs twice over a temporary folder, however many files there are.
    """
    ruff = import_module("ruff").find_ruff_bin()
    with tempfile.TemporaryDirectory(prefix="rekuest-codegen-") as name:
        folder = Path(name)
        for path, text in files.items():
            _put(folder / path, text)
        subprocess.run(
            [ruff, "check", "--fix", "--select=F401,I,PIE790", *_OPTIONS, name],
            check=True,
            stdout=subprocess.PIPE,
        )
        subprocess.run([ruff, "format", *_OPTIONS, name], check=True)
        return {path: (folder / path).read_text(encoding="utf-8") for path in sorted(files)}


def compare(folder: Path, files: Mapping[str, str]) -> Changes:
    """Compare a folder with the files that should be in it."""
    present = {path: folder / path for path in _present(folder)}
    return Changes(
        stale=tuple(
            path
            for path, text in sorted(files.items())
            if path in present and _text(present[path]) != text
        ),
        missing=tuple(sorted(files.keys() - present.keys())),
        extra=tuple(sorted(present.keys() - files.keys())),
    )


def differences(folder: Path, files: Mapping[str, str], changes: Changes) -> Iterator[str]:
    """Yield the lines of a unified diff, from what is there to what should be."""
    for path in sorted({*changes.stale, *changes.missing, *changes.extra}):
        old = _text(folder / path) if path not in changes.missing else ""
        yield from difflib.unified_diff(
            old.splitlines(),
            files.get(path, "").splitlines(),
            f"{path} (on disk)",
            f"{path} (generated)",
            lineterm="",
        )


def write(folder: Path, files: Mapping[str, str]) -> Changes:
    """Make the folder what it should be; each file is replaced at once or not at all.

    Returns:
        What was changed.  Files that no manifest listed are left alone, and not in `extra`.
    """
    changes = compare(folder, files)
    owned = _owned(folder)
    for path in (*changes.missing, *changes.stale):
        _replace(folder / path, files[path])
    removed = tuple(path for path in changes.extra if path in owned)
    for path in removed:
        (folder / path).unlink()
        _remove_empty(folder / PurePosixPath(path).parent, folder)
    return Changes(changes.stale, changes.missing, removed)


def _present(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def _text(path: Path) -> str:
    # newline="": a checkout that turned the line ends counts as stale
    with path.open(encoding="utf-8", newline="", errors="replace") as file:
        return file.read()


def _owned(folder: Path) -> set[str]:
    try:
        listed = json.loads(_text(folder / MANIFEST))["files"]
    except (OSError, ValueError, KeyError):
        return set()
    return {str(path) for path in listed if ".." not in PurePosixPath(str(path)).parts}


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _put(temporary, text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_empty(folder: Path, root: Path) -> None:
    for pycache in folder.glob("__pycache__/*.pyc"):
        pycache.unlink()
    (folder / "__pycache__").rmdir() if (folder / "__pycache__").is_dir() else None
    if folder != root and not any(folder.iterdir()):
        folder.rmdir()
