"""The demo's processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rekuest.demo.processes import DemoError, Process


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Let `python -m` find modules in the test's folder."""
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


@pytest.fixture
def talker(tmp_path: Path, environ: dict[str, str]) -> Iterator[Process]:
    (tmp_path / "talker.py").write_text(
        "print('ready at 7')\ninput_ = __import__('time').sleep(60)"
    )
    process = Process("talker", "talker", environ=environ)
    yield process
    process.stop()


def test_line_that_is_waited_for(talker: Process) -> None:
    assert talker.wait_for(lambda line: line.startswith("ready"), 20) == "ready at 7"


def test_process_that_ends_early_says_why(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "mute.py").write_text("raise SystemExit('no disk')")
    process = Process("server", "mute", environ=environ)
    with pytest.raises(DemoError, match="the server did not get ready; it said:\nno disk"):
        process.wait_for(lambda line: False, 20)
    process.stop()


def test_stopped_process_has_ended(talker: Process) -> None:
    talker.wait_for(lambda line: True, 20)
    talker.stop()
    assert talker.wait() != 0
