"""What is generated passes the strictest settings of mypy and pyright."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TYPED = """
from typing import assert_type

from hazards_api import ActorPart, Filter, MergedBot, UserPart, members, merged, get_user, rename, ticks
from hazards_api import Rename


def check() -> None:
    assert_type(get_user(), UserPart)
    assert_type(members(), list[ActorPart])
    assert_type(rename("1", name=None), Rename)
    assert_type(list(ticks(3)), list[int])
    for item in merged():
        if isinstance(item, MergedBot) and item.owner is not None:
            assert_type(item.owner.email, str | None)


FILTER = Filter(self_="x", and_=[Filter(labels=["a", None])], limit=5)
"""

WRONG = "from hazards_api import nothing, rename\nrename(5)\nrename('1', name=4)\n"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(hazards_folder: Path) -> Path:
    (hazards_folder / "typed.py").write_text(TYPED)
    (hazards_folder / "wrong.py").write_text(WRONG)
    return hazards_folder


def test_mypy_strict(folder: Path) -> None:
    result = run(folder, "mypy", "--strict", "hazards_api", "typed.py")
    assert result.returncode == 0, result.stdout


def test_mypy_sees_wrong_calls(folder: Path) -> None:
    result = run(folder, "mypy", "--strict", "wrong.py")
    assert [line.split(":")[1] for line in result.stdout.splitlines()[:-1]] == ["1", "2", "3"]


def test_pyright_strict(folder: Path) -> None:
    settings = '{"include": ["hazards_api", "typed.py"], "typeCheckingMode": "strict"}'
    (folder / "pyrightconfig.json").write_text(settings)
    if shutil.which("pyright", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("pyright is not installed")
    result = run(folder, "pyright", "--pythonpath", sys.executable)
    if "errors," not in result.stdout and "error," not in result.stdout:
        pytest.skip(f"pyright cannot run here: {(result.stderr or result.stdout)[-200:]}")
    assert result.returncode == 0, result.stdout
