"""`make check` runs everything and names all that failed."""

from collections.abc import Sequence

import pytest

from tools import check_all
from tools.sources import ROOT


def test_every_check_runs_and_all_failures_are_named() -> None:
    ran: list[str] = []

    def run(command: Sequence[str]) -> int:
        ran.append(command[0])
        return int(command[0] in ("a", "c"))

    checks = [check_all.Check(name, (name,)) for name in ("a", "b", "c")]
    assert check_all.run_all(checks, run) == ["a", "c"]
    assert ran == ["a", "b", "c"]


def test_missing_command_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_all.run_command(["no-such-command-here"], ROOT) == 127
    assert "no-such-command-here is not installed" in capsys.readouterr().out


def test_what_the_issue_asks_for_is_checked() -> None:
    names = {check.name for check in check_all.checks(ROOT)}

    assert names >= {"generated", "lint", "format", "types", "layers", "sizes", "imports"}


def test_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        check_all.main(["no-such-check"])

    assert "no such check: no-such-check" in capsys.readouterr().err
