"""tools/check_imports.py finds what the import rules forbid, and nothing else."""

from pathlib import Path

import pytest

from tools import check_imports


def _problems(root: Path, files: dict[str, str]) -> list[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return check_imports.check(root)


@pytest.mark.parametrize(
    "line",
    [
        "import asyncio",
        "import asyncio.subprocess",
        "from time import monotonic",
        "import os, socket",
        "from sqlite3 import connect",
        "import random",
        "from random import choice",
        "from urllib.request import urlopen",
    ],
)
def test_pure_package_may_not_import(tmp_path: Path, line: str) -> None:
    (problem,) = _problems(tmp_path, {"rekuest/protocol/agent.py": f"{line}\n"})

    assert problem.startswith("rekuest/protocol/agent.py:1: pure package imports")


@pytest.mark.parametrize(
    "line", ["from random import Random", "import urllib.parse", "import inspect", "import timeit"]
)
def test_pure_package_may_import(tmp_path: Path, line: str) -> None:
    assert _problems(tmp_path, {"rekuest/server/domain/a.py": f"{line}\n"}) == []


@pytest.mark.parametrize(
    "call", ["datetime.now()", "dt.datetime.now(dt.UTC)", "open('x')", "uuid4()", "uuid.uuid4()"]
)
def test_pure_package_may_not_call(tmp_path: Path, call: str) -> None:
    (problem,) = _problems(tmp_path, {"rekuest/definition/a.py": f"x = {call}\n"})

    assert "pure package calls" in problem


def test_other_packages_may_do_io(tmp_path: Path) -> None:
    files = {"rekuest/agent/loop.py": "import asyncio\nfile = open('x')\n"}

    assert _problems(tmp_path, files) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "yaml.load(text)",
        "subprocess.run('ls', shell=True)",
        "subprocess.run('ls', shell=flag)",
    ],
)
def test_product_may_not_run_what_it_reads(tmp_path: Path, line: str) -> None:
    (problem,) = _problems(tmp_path, {"codegen/rekuest_codegen/a.py": f"{line}\n"})

    assert problem.startswith("codegen/rekuest_codegen/a.py:1: ")


@pytest.mark.parametrize(
    "line", ["subprocess.run(['ls'], shell=False)", "node.evaluate()", "yaml.safe_load(text)"]
)
def test_harmless_calls_pass(tmp_path: Path, line: str) -> None:
    assert _problems(tmp_path, {"rekuest/cli/a.py": f"{line}\n"}) == []


def test_import_in_a_function_that_hides_a_cycle(tmp_path: Path) -> None:
    files = {
        "rekuest/a.py": "def f():\n    from rekuest.b import g\n",
        "rekuest/b.py": "from rekuest import c\n",
        "rekuest/c.py": "from rekuest.a import f\n",
    }

    (problem,) = _problems(tmp_path, files)
    assert problem.startswith("rekuest/a.py:2: deferred import of 'rekuest.b.g' hides a cycle")


def test_relative_import_under_type_checking_that_hides_a_cycle(tmp_path: Path) -> None:
    files = {
        "rekuest/x/a.py": "import typing\nif typing.TYPE_CHECKING:\n    from .b import B\n",
        "rekuest/x/b.py": "from . import a\n",
    }

    (problem,) = _problems(tmp_path, files)
    assert problem.startswith("rekuest/x/a.py:3: ")


def test_deferred_import_that_does_not_lead_back_is_fine(tmp_path: Path) -> None:
    files = {
        "rekuest/cli/main.py": "def serve():\n    from rekuest.server.app import App\n",
        "rekuest/server/app.py": "import asyncio\n",
    }

    assert _problems(tmp_path, files) == []


def test_lazy_package_is_fine(tmp_path: Path) -> None:
    files = {
        "rekuest/__init__.py": "def __getattr__(name):\n    from rekuest.app import Rekuest\n",
        "rekuest/app.py": "import rekuest\n",
    }

    assert _problems(tmp_path, files) == []


def test_command_prints_problems_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _problems(tmp_path, {"rekuest/a.py": "import pickle\n"})

    assert check_imports.main(["--root", str(tmp_path)]) == 1
    assert "rekuest/a.py:1" in capsys.readouterr().out
