"""What a function can ask and say while it runs."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from rekuest.actors.running import (
    CurrentAssignation,
    LogReport,
    ProgressReport,
    Report,
    Running,
    check_cancelled,
    current_assignation,
    enter,
    log,
    progress,
)
from rekuest.api import enums, wire
from rekuest.errors import UsageError

pytestmark = pytest.mark.anyio


class Noon:
    """A clock that stands still."""

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep_until(self, deadline: float) -> None:
        raise AssertionError(deadline)


@pytest.fixture
def reports() -> list[Report]:
    return []


def begin(reports: list[Report]) -> Running:
    caller = wire.Principal(user="1", user_name="ada", app="my-app", organization="1")
    assignation = CurrentAssignation("7", caller, None, None, 5.0, 1)
    call = Running(assignation, clock=Noon(), on_report=reports.append)
    enter(call)
    return call


async def test_current_assignation(reports: list[Report]) -> None:
    begin(reports)
    assert current_assignation().id == "7"


@pytest.mark.parametrize("ask", [current_assignation, check_cancelled, lambda: log("x")])
async def test_outside_of_any_assignation(ask: object) -> None:
    with pytest.raises(UsageError, match="outside of any assignation"):
        ask()  # type: ignore[operator]  # each is a function


async def test_log_line(reports: list[Report]) -> None:
    begin(reports)
    log("careful", "warning")
    assert isinstance(reports[0], LogReport)
    assert (reports[0].level, reports[0].message) == (enums.LogLevel.WARNING, "careful")
    assert reports[0].at.isoformat() == "1970-01-01T00:00:00+00:00"


async def test_log_takes_numbers_of_logging(reports: list[Report]) -> None:
    begin(reports)
    log("broken", logging.ERROR)
    assert isinstance(reports[0], LogReport)
    assert reports[0].level is enums.LogLevel.ERROR


async def test_unknown_level_is_refused(reports: list[Report]) -> None:
    begin(reports)
    with pytest.raises(UsageError, match="there is no log level 'LOUD'; use one of DEBUG, INFO"):
        log("x", "LOUD")


async def test_progress(reports: list[Report]) -> None:
    begin(reports)
    progress(1, 4, "scanning")
    assert reports == [ProgressReport(1.0, 4.0, "scanning")]


async def test_progress_must_be_finite(reports: list[Report]) -> None:
    begin(reports)
    with pytest.raises(UsageError, match="finite"):
        progress(float("nan"))


async def test_reports_of_threads_arrive_in_order(reports: list[Report]) -> None:
    begin(reports)

    def report() -> None:
        for done in range(100):
            progress(done)

    await asyncio.to_thread(report)
    await asyncio.sleep(0)
    assert [report.done for report in reports if isinstance(report, ProgressReport)] == [
        *map(float, range(100))
    ]


async def test_flood_of_a_thread_drops_old_lines_and_counts_them(reports: list[Report]) -> None:
    call = begin(reports)

    def flood() -> None:
        enter(call)
        for number in range(1500):
            log(str(number))

    thread = threading.Thread(target=flood)
    thread.start()
    thread.join()  # the loop stands still meanwhile
    await asyncio.sleep(0)
    lines = [report for report in reports if isinstance(report, LogReport)]
    assert (len(lines), lines[0].dropped, lines[0].message) == (1000, 500, "500")
    assert lines[-1].message == "1499"


async def test_reports_after_the_end_are_dropped(reports: list[Report]) -> None:
    call = begin(reports)
    call.is_ended = True
    log("too late")
    assert reports == []


async def test_check_cancelled(reports: list[Report]) -> None:
    call = begin(reports)
    check_cancelled()
    call.stop()
    with pytest.raises(asyncio.CancelledError):
        check_cancelled()
