"""The wheel and the sdist carry everything that an installed rekuest needs."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import rekuest
from tools.sources import ROOT

# Everything below these that is not Python: templates, merged SDL, static files, migrations.
SHIPPED = ("rekuest", "codegen/rekuest_codegen")
NOT_SHIPPED = ("__pycache__", ".mypy_cache")


def _build(source: Path, output: Path, *kinds: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), *kinds]
    built = subprocess.run(
        [*command, str(source)], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist of this checkout and unpack it; returns the unpacked folder."""
    output = tmp_path_factory.mktemp("sdist")
    _build(ROOT, output, "--sdist")
    (archive,) = output.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(output, filter="data")
    (folder,) = (path for path in output.iterdir() if path.is_dir())
    return folder


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel from the unpacked sdist, as an installer would."""
    output = tmp_path_factory.mktemp("wheel")
    _build(sdist, output, "--wheel")
    (archive,) = output.glob("*.whl")
    return zipfile.ZipFile(archive)


def _shipped() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not set(path.parts) & set(NOT_SHIPPED)
    }


def test_wheel_carries_every_file_of_both_packages(wheel: zipfile.ZipFile) -> None:
    expected = {path.removeprefix("codegen/") for path in _shipped()}

    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_wheel_carries_the_type_markers(wheel: zipfile.ZipFile) -> None:
    assert {"rekuest/py.typed", "rekuest_codegen/py.typed"} <= set(wheel.namelist())


@pytest.mark.parametrize(
    ("source", "shipped"),
    [
        ("codegen/rekuest_codegen/templates", "rekuest_codegen/templates/"),
        ("rekuest/api/schema.graphql", "rekuest/api/schema.graphql"),
        ("rekuest/server", "rekuest/server/"),
        ("rekuest/server/graphql/static", "rekuest/server/graphql/static/LICENSE.graphiql"),
        ("rekuest/server/store/migrations", "rekuest/server/store/migrations/"),
    ],
)
def test_wheel_carries_data(wheel: zipfile.ZipFile, source: str, shipped: str) -> None:
    assert (ROOT / source).exists()
    assert any(name.startswith(shipped) for name in wheel.namelist())


def test_wheel_has_both_commands_and_the_licence(wheel: zipfile.ZipFile) -> None:
    texts = {
        name.split("/")[-1]: wheel.read(name).decode()
        for name in wheel.namelist()
        if ".dist-info/" in name
    }

    assert "rekuest = rekuest.cli:main" in texts["entry_points.txt"]
    assert "rekuest-codegen = rekuest_codegen.cli:main" in texts["entry_points.txt"]
    assert "MIT License" in texts["LICENSE"]


def test_metadata_says_what_it_needs(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(wheel.read(name).decode())

    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra", [])) >= {"codegen", "server", "cli", "all", "dev"}


def test_sdist_carries_what_development_needs(sdist: Path) -> None:
    for path in ("Makefile", ".ci/run", "README.md", "CHANGELOG.md", "tools", "examples", "tests"):
        assert (sdist / path).exists(), path


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == rekuest.__version__
