"""`make check`: runs every check, shows what each says, and lists at the end all that failed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.sources import HANDWRITTEN, ROOT

_BIN = Path(sys.executable).parent
# Not the installed script, so that an uninstalled checkout on PYTHONPATH can be checked too.
_CODEGEN = (
    "import sys; sys.argv = ['rekuest-codegen', 'check']; "
    "from rekuest_codegen.cli import main; sys.exit(main())"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One command of `make check`."""

    name: str
    command: tuple[str, ...]  # run at the root of the checkout; exit code 0 means it holds


def checks(root: Path) -> tuple[Check, ...]:
    """Return every check, the quick ones first."""
    folders = tuple(folder for folder in HANDWRITTEN if (root / folder).is_dir())
    python = (sys.executable, "-m")
    return (
        Check("generated", (sys.executable, "-c", _CODEGEN)),
        Check("lint", (*python, "ruff", "check", ".")),
        Check("format", (*python, "ruff", "format", "--check", ".")),
        Check("sizes", (*python, "tools.check_sizes")),
        Check("imports", (*python, "tools.check_imports")),
        Check("examples", (*python, "tools.include_examples", "--check")),
        Check("layers", (str(_BIN / "lint-imports"), "--no-logo")),
        Check("types", (*python, "mypy", "--strict", *folders)),
    )


def run_command(command: Sequence[str], root: Path) -> int:
    """Run one command with its output on ours; returns its exit code, 127 if it does not exist."""
    try:
        return subprocess.run(command, cwd=root, check=False).returncode
    except FileNotFoundError:
        print(f"{command[0]} is not installed; run `make venv`")
        return 127


def run_all(selected: Sequence[Check], run: Callable[[Sequence[str]], int]) -> list[str]:
    """Run the checks one after the other; returns the names of those that failed."""
    failed: list[str] = []
    for check in selected:
        print(f"-- {check.name}", flush=True)
        started = time.monotonic()
        code = run(check.command)
        if code != 0:
            failed.append(check.name)
        verdict = "ok" if code == 0 else "FAILED"
        print(f"   {check.name}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    every = checks(ROOT)
    parser = argparse.ArgumentParser(prog="check_all", description="Run every check.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these checks")
    parser.epilog = "checks: " + ", ".join(check.name for check in every)
    names = parser.parse_args(arguments).names
    if unknown := sorted(set(names) - {check.name for check in every}):
        parser.error(f"no such check: {', '.join(unknown)} ({parser.epilog})")
    selected = [check for check in every if not names or check.name in names]
    failed = run_all(selected, lambda command: run_command(command, ROOT))
    print(f"failed: {', '.join(failed)}" if failed else f"all {len(selected)} checks hold")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
