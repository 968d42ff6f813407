"""What users write checks under the strictest settings, and their mistakes are found.  STYLE: types."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.sources import ROOT

HERE = Path(__file__).parent
ACCEPTED = sorted((HERE / "accepted").glob("*.py"))
REFUSED = sorted((HERE / "refused").glob("*.py"))


def mypy(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Check files as those of a program, with the settings of this project."""
    command = (sys.executable, "-m", "mypy", "--strict", *map(str, paths))
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def pyright(folder: Path, *paths: Path) -> list[tuple[str, int]]:
    """Return where pyright, set to strict, finds an error: (file name, line)."""
    settings = {
        "include": [str(Path(*[".."] * len(folder.parts), *path.parts[1:])) for path in paths],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = (sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable)
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not said.stdout.startswith("{"):
        pytest.skip(f"pyright cannot run here: {(said.stderr or said.stdout)[-200:]}")
    result = json.loads(said.stdout)
    assert result["summary"]["filesAnalyzed"] >= len(paths)
    return [
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1)
        for found in result["generalDiagnostics"]
        if found["severity"] == "error"
    ]


def mistakes(path: Path) -> set[int]:
    """Return the lines that are marked."""
    lines = path.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


def test_mypy_takes_what_users_write() -> None:
    result = mypy(*ACCEPTED)
    assert result.returncode == 0, result.stdout


def test_pyright_takes_what_users_write_and_the_generated_package(tmp_path: Path) -> None:
    assert pyright(tmp_path, *ACCEPTED, ROOT / "rekuest" / "api") == []


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_mypy_finds_every_mistake(path: Path) -> None:
    found = re.findall(rf"{path.name}:(\d+): error", mypy(path).stdout)
    assert {int(number) for number in found} == mistakes(path)


def test_pyright_finds_every_mistake(tmp_path: Path) -> None:
    found = set(pyright(tmp_path, *REFUSED))
    expected = {(path.name, number) for path in REFUSED for number in mistakes(path)}
    assert expected - found == set()
