"""The import contracts in pyproject.toml refuse what the architecture forbids."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.sources import ROOT

LINTER = Path(sys.executable).parent / "lint-imports"

pytestmark = pytest.mark.skipif(not LINTER.exists(), reason="import-linter is not installed")


def _lint(root: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the project's contracts on a small tree; returns what the linter said."""
    needed = {"rekuest/__init__.py": "", "rekuest/errors.py": "", "rekuest/server/__init__.py": ""}
    for path, text in {**needed, "rekuest_codegen/__init__.py": "", **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    shutil.copy(ROOT / "pyproject.toml", root)
    return subprocess.run(
        [LINTER, "--no-logo", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("rekuest/errors.py", "rekuest.context"),
        ("rekuest/auth.py", "rekuest.portal"),
        ("rekuest/protocol.py", "rekuest.structures"),
        ("rekuest/client.py", "rekuest.agent"),
        ("rekuest/agent.py", "rekuest.server.domain"),
        ("rekuest/app.py", "rekuest.server"),
        ("rekuest/contrib.py", "rekuest.server.app"),
        ("rekuest/server/service.py", "rekuest.client"),
        ("rekuest/server/identity.py", "rekuest.auth"),
        ("rekuest/server/domain.py", "rekuest.server.store"),
        ("rekuest/server/graphql.py", "rekuest.server.gateway"),
        ("rekuest_codegen/ir.py", "rekuest.errors"),
    ],
)
def test_forbidden_import_breaks_a_contract(tmp_path: Path, importer: str, imported: str) -> None:
    target = f"{imported.replace('.', '/')}.py"
    files = {importer: f"import {imported}\n"}
    if imported not in ("rekuest.server", "rekuest.errors"):
        files[target] = ""

    assert "BROKEN" in _lint(tmp_path, files).stdout


def test_allowed_imports_keep_every_contract(tmp_path: Path) -> None:
    files = {
        "rekuest/cli.py": "import rekuest.server, rekuest.app\n",
        "rekuest/demo.py": "import rekuest.server\n",
        "rekuest/app.py": "import rekuest.client\n",
        "rekuest/client.py": "import rekuest.protocol\n",
        "rekuest/protocol.py": "import rekuest.errors\n",
        "rekuest/server/gateway.py": "import rekuest.server.service, rekuest.protocol\n",
        "rekuest/server/service.py": "import rekuest.server.domain\n",
        "rekuest/server/domain.py": "",
        "rekuest_codegen/nodes.py": "import rekuest.client\n",
    }

    linted = _lint(tmp_path, files)
    assert linted.returncode == 0, linted.stdout


def test_new_module_must_be_given_a_layer(tmp_path: Path) -> None:
    assert "BROKEN" in _lint(tmp_path, {"rekuest/helpers.py": ""}).stdout
