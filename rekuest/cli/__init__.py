"""The command `rekuest`.  Light to import: what a command needs is loaded when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

# {module that is missing: the extras to ask for}; each command needs the server's too, so once is enough
_EXTRAS = {"typer": "server,cli", "rich": "server,cli"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: Without the program's name; None: those of the process.
    """
    try:
        from rekuest.cli.commands import run  # typer is an extra
    except ModuleNotFoundError as exc:
        extra = _EXTRAS.get((exc.name or "").partition(".")[0])
        if extra is None:
            raise
        print(f'the command needs {exc.name}: pip install "rekuest[{extra}]"', file=sys.stderr)
        return 1
    return run(sys.argv[1:] if arguments is None else list(arguments))
