"""The command line, in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rekuest
from rekuest.cli import main
from rekuest.cli.extras import needs_extra
from rekuest.errors import UsageError


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("server", "clients", "demo"))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"rekuest {rekuest.__version__}\n"


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_a_missing_extra_names_the_pip_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "rekuest.cli.commands", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["server"]) == 1
    assert 'pip install "rekuest[server,cli]"' in capsys.readouterr().err


def test_a_missing_server_names_its_extra() -> None:
    with pytest.raises(UsageError, match=r'pip install "rekuest\[server\]"'), needs_extra("server"):
        raise ModuleNotFoundError("No module named 'ariadne'", name="ariadne")


def test_a_module_of_ours_that_is_missing_is_a_defect() -> None:
    with pytest.raises(ModuleNotFoundError), needs_extra("server"):
        raise ModuleNotFoundError("No module named 'rekuest.gone'", name="rekuest.gone")


def test_a_setting_that_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["server", "--host", "0.0.0.0"]) == 1
    assert "--allow-remote" in capsys.readouterr().err
    assert main(["server", "--durability", "never"]) == 1
    assert "--durability (REKUEST_DURABILITY)" in capsys.readouterr().err


def test_a_client_on_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clients", "add", "ci", "--data-dir", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("client_id      rk-")
    assert len(shown.out.split()[-1]) == 43
    assert main(["clients", "add", "", "--data-dir", str(tmp_path)]) == 1
    assert "printable" in capsys.readouterr().err
