"""Holds handwritten code to the sizes of the style: modules, functions, positional parameters.

`python -m tools.check_sizes` prints one line for each thing that is too large.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.sources import HANDWRITTEN, ROOT, python_files

MODULE_LINES = 400
MODULE_LINES_NEVER = 600
FUNCTION_LINES = 40
POSITIONAL_PARAMETERS = 5

# {path: why this module may have more than MODULE_LINES lines}; none may pass MODULE_LINES_NEVER.
LONG_MODULES: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def function_lines(function: Function) -> int:
    """Count a function's lines from `def` on, its docstring left out."""
    first, last = function.lineno, function.end_lineno or function.lineno
    lines = last - first + 1
    opening = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (opening.end_lineno or opening.lineno) - opening.lineno + 1
    return lines


def positional_parameters(function: Function) -> int:
    """Count the parameters a caller may pass by position; `self` and `cls` do not count."""
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def check_functions(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield a line for each function that is too long or takes too much by position."""
    for node in ast.walk(tree):
        if not isinstance(node, Function):
            continue
        where = f"{path}:{node.lineno}: function {node.name!r}"
        if (lines := function_lines(node)) > FUNCTION_LINES:
            yield f"{where} has {lines} lines (limit {FUNCTION_LINES}); split it by concept"
        if (count := positional_parameters(node)) > POSITIONAL_PARAMETERS:
            yield (
                f"{where} takes {count} positional parameters (limit {POSITIONAL_PARAMETERS}); "
                "make some keyword-only or pass one frozen settings object"
            )


def check_module(path: str, text: str) -> Iterator[str]:
    """Yield a line for each size that one module passes.

    Args:
        path: Relative to the checkout; names the module in the allow table and in the output.
        text: The module's source.
    """
    lines = len(text.splitlines())
    if lines > MODULE_LINES_NEVER:
        yield f"{path}: module has {lines} lines (never more than {MODULE_LINES_NEVER}); split it"
    elif lines > MODULE_LINES and path not in LONG_MODULES:
        yield (
            f"{path}: module has {lines} lines (limit {MODULE_LINES}); split it by concept, "
            "or give a reason in LONG_MODULES of tools/check_sizes.py"
        )
    yield from check_functions(path, ast.parse(text, path))


def check(root: Path) -> list[str]:
    """Return a line for each size that the checkout passes, in the order of its files."""
    return [
        problem
        for path, file in python_files(root, HANDWRITTEN)
        for problem in check_module(path, file.read_text(encoding="utf-8"))
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="check_sizes", description="Check sizes of modules.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    problems = check(parser.parse_args(arguments).root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
