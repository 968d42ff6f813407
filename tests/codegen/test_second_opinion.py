"""ariadne-codegen reads the same documents: its models must carry the same response keys."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pydantic
import pytest
from ariadne_codegen.main import client
from graphql import build_schema, print_schema

from rekuest.api import operations
from rekuest_codegen import names
from rekuest_codegen.load import load_documents
from rekuest_codegen.problems import Report
from rekuest_codegen.settings import read_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("ariadne")
    schema = build_schema((ROOT / "rekuest" / "api" / "schema.graphql").read_text())
    (folder / "schema.graphql").write_text(print_schema(schema))
    settings = read_settings(ROOT / "pyproject.toml")
    loaded = load_documents(settings, Report(ROOT))
    # Its own printer of documents knows no descriptions of operations.
    texts = [_text(node) for node in loaded.document.definitions]
    (folder / "documents.graphql").write_text("\n".join(texts))
    table = {
        "schema_path": str(folder / "schema.graphql"),
        "queries_path": str(folder / "documents.graphql"),
        "target_package_path": str(folder),
        "target_package_name": "ariadne_api",
    }
    client({"tool": {"ariadne-codegen": table}})  # type: ignore[no-untyped-call]  # it has no annotations
    sys.path.insert(0, str(folder))
    yield importlib.import_module("ariadne_api")
    sys.path.remove(str(folder))


def _text(node: Any) -> str:
    start = node.loc.start if node.description is None else node.description.loc.end
    return str(node.loc.source.body[start : node.loc.end])


def keys(model: Any) -> set[str]:
    """Return every response key below a model."""
    found: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            found.update(schema.get("properties", ()))
            for part in schema.values():
                walk(part)
        elif isinstance(schema, list):
            for part in schema:
                walk(part)

    walk(pydantic.TypeAdapter(model).json_schema(by_alias=True))
    return found


@pytest.mark.parametrize("name", sorted(operations.OPERATIONS))
def test_same_response_keys(theirs: ModuleType, name: str) -> None:
    operation = operations.OPERATIONS[name]
    ours = getattr(importlib.import_module(operation.module), operation.result)
    assert keys(ours) == keys(getattr(theirs, names.class_name(name)))
