"""Projects to generate from, and the hazards package, generated once and imported."""

import dataclasses
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from rekuest_codegen.generate import Generated, generate
from rekuest_codegen.settings import Settings, read_settings
from rekuest_codegen.write import write

HAZARDS = Path(__file__).parent / "hazards"
SCHEMA = "type Query { user(id: ID!): User }\ntype User { id: ID! name: String }\n"
DOCUMENT = "query GetUser($id: ID!) { user(id: $id) { id name } }\n"

Project = Callable[..., Settings]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a function that writes a project: its files by path, and more settings."""

    def make(more: str = "", **files: str) -> Settings:
        texts = {"schema.graphql": SCHEMA, "documents/get.graphql": DOCUMENT}
        texts |= {name.replace("__", "/") + ".graphql": text for name, text in files.items()}
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        table = '[tool.rekuest-codegen]\nschema = "schema.graphql"\ndocuments = "documents"\n'
        (tmp_path / "pyproject.toml").write_text(f'{table}output = "out"\n{more}')
        return read_settings(tmp_path / "pyproject.toml")

    return make


@pytest.fixture(scope="session")
def hazards_generated() -> Generated:
    """Return the files of the hazards package."""
    return generate(read_settings(HAZARDS / "pyproject.toml"))


@pytest.fixture(scope="session")
def hazards_folder(hazards_generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that has the hazards package."""
    folder = tmp_path_factory.mktemp("hazards")
    write(folder / "hazards_api", hazards_generated.files)
    return folder


@pytest.fixture(scope="session")
def api(hazards_folder: Path) -> Iterator[ModuleType]:
    """Return the hazards package, imported."""
    sys.path.insert(0, str(hazards_folder))
    yield importlib.import_module("hazards_api")
    sys.path.remove(str(hazards_folder))


@pytest.fixture
def hazards_settings(tmp_path: Path) -> Settings:
    """Return the settings of the hazards, writing elsewhere."""
    return dataclasses.replace(
        read_settings(HAZARDS / "pyproject.toml"), output=str(tmp_path / "out")
    )
