"""Every code block of README and docs is something that runs.

Python blocks quote files of `examples/`, which the acceptance tests execute; console blocks name
commands, targets, extras and files that exist.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.include_examples import refresh
from tools.sources import ROOT

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "examples/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
)

_FENCE = re.compile(r"^```(?P<language>\S*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARKER = re.compile(r"<!-- include: (?P<path>\S+) -->\n+\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a document."""

    place: str  # document:line of the opening fence
    language: str
    code: str
    included: str | None  # the path in the marker above it


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document, in order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        marker = _MARKER.search(text, 0, match.start())
        included = marker["path"] if marker else None
        found.append(Block(f"{document}:{line}", match["language"], match["code"], included))
    return found


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
PYTHON = [block for block in BLOCKS if block.language == "python"]
COMMANDS = [
    pytest.param(line.removeprefix("$ "), id=f"{block.place} {line}")
    for block in BLOCKS
    if block.language == "console"
    for line in block.code.splitlines()
    if line.startswith("$ ")
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_block_is_an_included_example_or_commands(block: Block) -> None:
    assert block.language in ("python", "console")
    assert (block.included is not None) == (block.language == "python")


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.place)
def test_python_block_is_its_example(block: Block) -> None:
    assert block.included is not None
    assert block.included.startswith(("examples/", "rekuest/demo/"))
    assert block.code == (ROOT / block.included).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_quotes_are_current(document: str) -> None:
    assert refresh(document, (ROOT / document).read_text(encoding="utf-8"), ROOT).problems == ()


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.py")), ids=str)
def test_example_is_quoted_and_compiles(path: Path) -> None:
    example = path.relative_to(ROOT).as_posix()
    compile(path.read_text(encoding="utf-8"), example, "exec")

    assert example in {block.included for block in PYTHON}


@pytest.mark.skipif(not (ROOT / "tests/acceptance").is_dir(), reason="no acceptance tests here")
@pytest.mark.parametrize(
    "folder", sorted({Path(str(block.included)).parent.name for block in PYTHON})
)
def test_acceptance_tests_execute_the_example(folder: str) -> None:
    tests = (ROOT / "tests/acceptance").rglob("*.py")

    assert any(folder in path.read_text(encoding="utf-8") for path in tests)


def _requirement(requirement: str) -> None:
    extras = re.fullmatch(r"rekuest(?:\[(.*)\])?", requirement.strip("\"'"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extras is not None
    assert set((extras[1] or "").split(",")) - {""} <= set(project["optional-dependencies"])


def _make(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def _rekuest(command: str) -> None:
    if importlib.util.find_spec("rekuest.cli") is None:
        pytest.skip("rekuest.cli is not in this checkout")
    words = [word for word in command.split() if re.fullmatch("[a-z]+", word)]
    program = "import sys; sys.argv[0] = 'rekuest'; from rekuest.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", program, *words, "--help"],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _rekuest_codegen(command: str) -> None:
    program = (
        "import sys; sys.argv[0] = 'rekuest-codegen'; from rekuest_codegen.cli import main; main()"
    )
    subprocess.run(
        [sys.executable, "-c", program, *command.split(), "--help"],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _script(path: str) -> None:
    assert (ROOT / path).is_file()


CHECKS = {
    "pip install": _requirement,
    "make": _make,
    "rekuest": _rekuest,
    "rekuest-codegen": _rekuest_codegen,
    "python": _script,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists(command: str) -> None:
    program = next(name for name in CHECKS if command.startswith(f"{name} "))

    CHECKS[program](command.removeprefix(f"{program} "))
