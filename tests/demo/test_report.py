"""The demo's caller and the one who shows it understand each other."""

from __future__ import annotations

import io

import pytest

from rekuest.demo.report import Ended, Line, Report, Started, read, tell


def test_reports_survive_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    reports: list[Report] = [Started("Call", "call()"), Line("grüß dich\n"), Ended(None)]
    for report in reports:
        tell(report)
    assert list(read(io.StringIO(capsys.readouterr().out))) == reports
