"""The Makefile has the targets that people and CI use, and lists them."""

import shutil
import subprocess

import pytest

from tools.sources import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

TARGETS = ("bench", "check", "clean", "demo", "generate", "nightly", "serve", "test")


def _make(*arguments: str) -> str:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_help_is_the_default_and_lists_every_target() -> None:
    listed = [line.split()[1] for line in _make().splitlines()]

    assert set(TARGETS) <= set(listed)


@pytest.mark.parametrize("target", sorted({*TARGETS} - {"clean"}))
def test_target_makes_the_environment_first(target: str) -> None:
    assert "-m venv" in _make("--dry-run", "VENV=/nonexistent/venv", target)


def test_ci_runs_check_test_and_demo() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert "set -euo pipefail" in script
    assert [line.split()[1] for line in script.splitlines() if line.startswith("step ")] == [
        "check",
        "test",
        "demo",
    ]
