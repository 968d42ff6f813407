"""What the command `rekuest-codegen` does; `cli` starts it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

from rekuest_codegen.generate import Generated, generate
from rekuest_codegen.problems import CodegenError, Problem
from rekuest_codegen.settings import read_settings
from rekuest_codegen.write import Changes, compare, differences, write

__all__ = ["run"]

DIFF_LINES = 200  # beyond it the list of files says enough


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, or 1 if something is wrong."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except CodegenError as exc:
        _tell("error", exc.problems)
        count = len(exc.problems)
        print(f"{count} error{'s' if count > 1 else ''}; nothing was written", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rekuest-codegen",
        description="Write typed Python from a GraphQL schema and its operation documents.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--config",
        type=Path,
        default=Path("pyproject.toml"),
        help="TOML file with the table [tool.rekuest-codegen] (default: %(default)s)",
    )
    shared.add_argument("--quiet", action="store_true", help="leave out warnings and the summary")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    writing = commands.add_parser("generate", parents=[shared], help="write the package")
    writing.add_argument("--check", action="store_true", help="write nothing; same as `check`")
    writing.set_defaults(command=_generate)
    checking = commands.add_parser(
        "check", parents=[shared], help="exit 1 with a diff if the package is not current"
    )
    checking.set_defaults(command=_check)
    return parser


def _generate(options: argparse.Namespace) -> int:
    if options.check:
        return _check(options)
    generated = _generated(options)
    changes = write(generated.folder, generated.files)
    if not options.quiet:
        written, removed = len(changes.stale) + len(changes.missing), len(changes.extra)
        print(f"{len(generated.files)} files: {written} written, {removed} removed")
    return 0


def _check(options: argparse.Namespace) -> int:
    generated = _generated(options)
    changes = compare(generated.folder, generated.files)
    if not changes:
        if not options.quiet:
            print(f"{len(generated.files)} files are current")
        return 0
    _tell_changes(generated, changes)
    return 1


def _generated(options: argparse.Namespace) -> Generated:
    generated = generate(read_settings(options.config))
    if not options.quiet:
        _tell("warning", generated.warnings)
    return generated


def _tell(severity: str, problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"{severity}: {problem}", file=sys.stderr)


def _tell_changes(generated: Generated, changes: Changes) -> None:
    lines = list(differences(generated.folder, generated.files, changes))
    for line in islice(lines, DIFF_LINES):
        print(line)
    if len(lines) > DIFF_LINES:
        print(f"… and {len(lines) - DIFF_LINES} more lines")
    print(f"{generated.folder} is not what the schema says:")
    for name in ("stale", "missing", "extra"):
        for path in getattr(changes, name):
            print(f"    {name}: {path}")
    print("run `rekuest-codegen generate` and commit the result; remove extra files that stay")
