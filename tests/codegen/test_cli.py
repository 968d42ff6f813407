"""The command: what it writes, what it says, how it exits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rekuest_codegen.cli import main
from rekuest_codegen.settings import Settings

from .conftest import DOCUMENT, HAZARDS, Project


def run(settings: Settings, *arguments: str) -> int:
    return main([*arguments, "--config", str(settings.root / "pyproject.toml")])


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_generate_then_check(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    settings = project()
    assert run(settings, "generate") == 0
    assert run(settings, "check") == 0
    assert capsys.readouterr().out == "7 files: 7 written, 0 removed\n7 files are current\n"


def test_check_tells_what_differs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    settings = project()
    run(settings, "generate", "--quiet")
    project(documents__get=DOCUMENT.replace("id name", "id"), documents__b="query B { __typename }")
    (settings.root / "out" / "mine.py").write_text("")
    assert run(settings, "generate", "--check") == 1
    out = capsys.readouterr().out
    assert "-    name: str | None" in out
    for line in ("stale: results/get_user.py", "missing: results/b.py", "extra: mine.py"):
        assert f"    {line}\n" in out


def test_check_writes_nothing(project: Project) -> None:
    settings = project()
    assert run(settings, "check") == 1
    assert not (settings.root / "out").exists()


def test_only_what_changed_is_written(project: Project) -> None:
    settings = project()
    run(settings, "generate")
    before = times(settings.root / "out")
    run(settings, "generate")
    assert times(settings.root / "out") == before


def test_files_that_are_no_more_are_removed(project: Project) -> None:
    settings = project(documents__b="query B { __typename }")
    run(settings, "generate")
    (settings.root / "out" / "mine.py").write_text("")
    (settings.root / "documents" / "b.graphql").unlink()
    run(settings, "generate")
    assert not (settings.root / "out" / "results" / "b.py").exists()
    assert (settings.root / "out" / "mine.py").exists()


def test_errors_have_no_traceback_and_write_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = project(documents__get="query A { nothing }")
    assert run(settings, "generate") == 1
    assert capsys.readouterr().err == (
        "error: documents/get.graphql:1:11: cannot query field 'nothing' on type 'Query'\n"
        "    fix: select a field that the type has, or add it to the schema\n"
        "1 error; nothing was written\n"
    )
    assert not (settings.root / "out").exists()


def test_missing_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("rekuest_codegen.cli.NEEDED", ("graphql", "no_such_package"))
    assert main(["check"]) == 1
    told = "not installed: no_such_package; run: pip install 'rekuest[codegen]'\n"
    assert capsys.readouterr().err == told


def test_output_does_not_depend_on_hash_seeds(tmp_path: Path) -> None:
    code = (
        "import sys, json, pathlib;"
        "from rekuest_codegen.generate import generate;"
        "from rekuest_codegen.settings import read_settings;"
        "print(json.dumps(dict(generate(read_settings(pathlib.Path(sys.argv[1]))).files)))"
    )
    settings = str(HAZARDS / "pyproject.toml")
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, settings],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
