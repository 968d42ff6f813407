"""The settings table: every key checked, every problem told at its line."""

from pathlib import Path

import pytest

from rekuest_codegen.problems import CodegenError
from rekuest_codegen.settings import Scalar, Settings, read_settings


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    return read_settings(path)


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(CodegenError) as caught:
        read(tmp_path, text)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, '[tool.rekuest-codegen]\nschema = "a"\noutput = "b"\n')
    assert settings == Settings(root=tmp_path, schema=("a",), output="b")


def test_scalars(tmp_path: Path) -> None:
    table = '[tool.rekuest-codegen]\nschema = "a"\noutput = "b"\n[tool.rekuest-codegen.scalars]\n'
    settings = read(tmp_path, table + 'A = "int"\nB = {type = "x.Y", parse = "x.p"}\n')
    assert settings.scalars == {"A": Scalar("int"), "B": Scalar("x.Y", parse="x.p")}


def test_every_problem_is_told(tmp_path: Path) -> None:
    text = '[tool.rekuest-codegen]\nshema = "a"\noutput = 5\nenums = "some"\n'
    first, *others = problems(tmp_path, text)
    assert first.startswith("pyproject.toml:1:1: key 'schema' is missing")
    assert [other.split("\n")[0] for other in others] == [
        "pyproject.toml:2:1: unknown key 'shema'",
        "pyproject.toml:3:1: 'output' must be a text, not 5",
        "pyproject.toml:4:1: 'enums' must be one of used, all, not 'some'",
    ]


def test_scalar_that_is_no_type(tmp_path: Path) -> None:
    table = '[tool.rekuest-codegen]\nschema = "a"\noutput = "b"\n[tool.rekuest-codegen.scalars]\n'
    (problem,) = problems(tmp_path, table + 'A = "int["\n')
    assert problem == "pyproject.toml:5:1: type 'int[' of scalar 'A' is no Python type"


def test_table_is_missing(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[project]\n")
    assert "no table [tool.rekuest-codegen]" in problem


def test_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match="cannot read settings"):
        read_settings(tmp_path / "none.toml")
