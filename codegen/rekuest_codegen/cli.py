"""Starts the command `rekuest-codegen`, or says what it lacks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

__all__ = ["main"]

NEEDED = ("graphql", "jinja2", "ruff", "ariadne_codegen")  # the extra `codegen`


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 if something is wrong, 2 for bad usage."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        print(f"not installed: {names}; run: pip install 'rekuest[codegen]'", file=sys.stderr)
        return 1
    # Only now, as these import what may be missing.
    code: int = import_module("rekuest_codegen.commands").run(arguments)
    return code
