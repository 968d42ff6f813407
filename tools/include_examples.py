"""Keeps the code that README and docs quote equal to the files in `examples/`.

A quote is the comment `<!-- include: examples/greet/provider.py -->` and a fenced block below it.
`--check` names the blocks that differ from their file, `--write` rewrites them.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.sources import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/*.md", "examples/README.md")
LANGUAGES = {".py": "python", ".graphql": "graphql", ".toml": "toml"}

_INCLUDE = re.compile(
    r"^<!-- include: (?P<path>\S+) -->\n+```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document."""

    text: str  # the document with every quote equal to its file
    problems: tuple[str, ...]  # one line for each quote that differed or names no file


def refresh(document: str, text: str, root: Path) -> Outcome:
    """Quote every included file anew.

    Args:
        document: The document's path, for messages.
        text: What the document says now.
        root: The checkout; included paths are relative to it.
    """
    problems: list[str] = []

    def quote(match: re.Match[str]) -> str:
        path, line = match["path"], text.count("\n", 0, match.start()) + 1
        source = root / path
        if not source.is_file():
            problems.append(f"{document}:{line}: includes {path!r}, which does not exist")
            return match[0]
        code = source.read_text(encoding="utf-8")
        block = f"<!-- include: {path} -->\n```{LANGUAGES.get(source.suffix, '')}\n{code}```"
        if block != match[0]:
            problems.append(f"{document}:{line}: differs from {path}; run `make format`")
        return block

    return Outcome(_INCLUDE.sub(quote, text), tuple(problems))


def refresh_all(root: Path, *, write: bool) -> list[str]:
    """Compare every document with the files it quotes, and rewrite it on request.

    Returns:
        One line for each quote that differs; when writing, only those that cannot be written.
    """
    problems: list[str] = []
    for path in sorted(path for pattern in DOCUMENTS for path in root.glob(pattern)):
        document, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        outcome = refresh(document, text, root)
        if write and outcome.text != text:
            path.write_text(outcome.text, encoding="utf-8")
            outcome = refresh(document, outcome.text, root)
        problems.extend(outcome.problems)
    return problems


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="include_examples", description="Quote the examples.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true", help="fail if a quote differs")
    action.add_argument("--write", action="store_true", help="rewrite the quotes that differ")
    options = parser.parse_args(arguments)
    problems = refresh_all(options.root, write=options.write)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
