"""The demo itself, with real processes."""

from __future__ import annotations

import io
import os
import signal

import pytest
from rich.console import Console

from rekuest.demo.processes import Process
from rekuest.demo.report import Ended, Line, Started
from rekuest.demo.run import Tally, _show, _summarize, run_demo

ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("REKUEST_")}


@pytest.mark.acceptance
def test_demo_goes_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run_demo() == 0, capsys.readouterr().out
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "all 9 steps went as expected" in capsys.readouterr().out


@pytest.mark.acceptance
def test_kept_demo_prints_its_urls_and_ends_with_ctrl_c() -> None:
    demo = Process("demo", "rekuest", "demo", "--keep", environ=ENVIRON)
    try:
        line = demo.wait_for(lambda said: said.startswith("still running"), 60)
        assert "/graphql" in line
        demo.interrupt()
        assert demo.wait() == 0
    finally:
        demo.stop()


def test_step_that_is_not_as_expected_fails_the_demo() -> None:
    tally, out = Tally(), io.StringIO()
    console = Console(file=out)
    for report in (Started("Call it", "call()"), Line("[x]"), Ended("TypeError: no")):
        _show(console, tally, report)
    assert _summarize(console, tally, 1) == 1
    assert "✗ TypeError: no" in out.getvalue()
    assert "[x]" in out.getvalue()


def test_caller_that_crashes_fails_the_demo() -> None:
    tally = Tally(expected=["Find a node"])
    assert _summarize(Console(file=io.StringIO()), tally, 1) == 1


def test_demo_without_any_step_fails() -> None:
    assert _summarize(Console(file=io.StringIO()), Tally(), 0) == 1
