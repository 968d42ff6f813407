"""Which Python files are written by hand, and which ship.  Used by the checks beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent

PRODUCT = ("rekuest", "codegen")
HANDWRITTEN = (*PRODUCT, "tests", "tools", "benchmarks", "examples")
GENERATED = ("rekuest/api", "tests/golden")


def is_within(path: str, folder: str) -> bool:
    """Return whether `path` is `folder` or lies in it; both relative, with forward slashes."""
    return PurePosixPath(path).is_relative_to(folder)


def python_files(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Find the handwritten Python files below some folders.

    Args:
        root: The checkout.
        folders: Folders relative to it; one that does not exist holds no file.

    Yields:
        (path relative to the root with forward slashes, path), sorted, generated folders left out.
    """
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            relative = path.relative_to(root).as_posix()
            if not any(is_within(relative, generated) for generated in GENERATED):
                yield relative, path
