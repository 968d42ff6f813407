"""The shape of rekuest/api: cheap to import, whole, current."""

import importlib
import subprocess
import sys
from pathlib import Path

import rekuest.api
from rekuest.api import operations
from rekuest_codegen.generate import generate
from rekuest_codegen.settings import read_settings
from rekuest_codegen.write import compare

ROOT = Path(__file__).parents[2]


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_import_loads_next_to_nothing() -> None:
    loaded = loaded_by("import rekuest.api")
    assert loaded & {"pydantic", "httpx", "typing", "graphql", "rekuest.api.operations"} == set()


def test_functions_load_no_models() -> None:
    loaded = loaded_by("from rekuest.api import list_nodes, areserve")
    assert loaded & {"pydantic", "httpx", "graphql"} == set()
    assert [name for name in loaded if name.startswith("rekuest.api.results")] == []


def test_every_model_can_be_built() -> None:
    for name in rekuest.api.__all__:
        assert getattr(rekuest.api, name) is not None
    for operation in operations.OPERATIONS.values():
        module = importlib.import_module(operation.module)
        for model in filter(None, (operation.result, operation.variables)):
            assert getattr(module, model).model_rebuild(force=True)


def test_it_is_what_the_schema_says() -> None:
    generated = generate(read_settings(ROOT / "pyproject.toml"))
    assert not compare(generated.folder, generated.files)
    assert generated.warnings == ()


def test_a_default_is_told_once() -> None:
    told = [
        line for line in (operations.list_nodes.__doc__ or "").splitlines() if "Default" in line
    ]
    assert [line.strip() for line in told] == ["first: How many at most, up to 200. Default: 50."]
