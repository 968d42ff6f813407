"""The four kinds of actor: what comes out of them, whatever the function does."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from rekuest.actors import running as inside
from rekuest.actors.outcome import Outcome, Raised, Returned, Stopped
from rekuest.actors.running import CurrentAssignation, Report, Running
from rekuest.actors.spawn import spawn
from rekuest.actors.threads import WorkerThreads
from rekuest.api import wire
from rekuest.clock import SystemClock
from rekuest.definition import define

pytestmark = pytest.mark.anyio
CALLER = wire.Principal(user="1", user_name="ada", app="my-app", organization="1")


class Stage:
    """Runs functions as an agent does, and keeps what comes of it."""

    def __init__(self) -> None:
        self.workers = WorkerThreads()
        self.values: list[dict[str, Any]] = []
        self.reports: list[Report] = []
        self.given = asyncio.Event()  # set when there is a value
        self.call: Running

    async def run(
        self, function: Callable[..., Any], *, stopped: bool = False, **args: Any
    ) -> Outcome:
        """Run one call to its end; `stopped` asks it to stop before it starts."""
        actor = spawn(define(function), self.workers)
        assignation = CurrentAssignation("7", CALLER, None, None, None, 1)
        self.call = Running(assignation, clock=SystemClock(), on_report=self.reports.append)
        if stopped:
            self.call.stop()
        return await actor.run(self.call, args, self._emit)

    async def _emit(self, returns: dict[str, Any]) -> None:
        self.values.append(returns)
        self.given.set()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    yield made
    made.workers.close()


def blur(x: int, *, times: int = 2) -> int:
    return x * times


async def ablur(x: int, *, times: int = 2) -> int:
    return x * times


def count(x: int) -> Iterator[int]:
    yield from range(x)


async def acount(x: int) -> AsyncIterator[int]:
    for number in range(x):
        yield number


@pytest.mark.parametrize("function", [blur, ablur])
async def test_function_returns(stage: Stage, function: Callable[..., Any]) -> None:
    assert await stage.run(function, x=4) == Returned({"return": 8})


@pytest.mark.parametrize("function", [count, acount])
async def test_generator_gives_its_values(stage: Stage, function: Callable[..., Any]) -> None:
    assert await stage.run(function, x=3) == Returned(None)
    assert stage.values == [{"return": 0}, {"return": 1}, {"return": 2}]


async def test_function_without_a_return(stage: Stage) -> None:
    def save(x: int) -> None:
        pass

    assert await stage.run(save, x=1) == Returned({})


async def test_several_returns(stage: Stage) -> None:
    def divmod_(a: int, b: int) -> tuple[int, int]:
        return divmod(a, b)

    assert await stage.run(divmod_, a=7, b=2) == Returned({"return0": 3, "return1": 1})


def raising(error: BaseException) -> list[Callable[..., Any]]:
    """Return a function of each kind that raises."""

    def function() -> int:
        raise error

    async def afunction() -> int:
        raise error

    def generator() -> Iterator[int]:
        yield 1
        raise error

    async def agenerator() -> AsyncIterator[int]:
        yield 1
        raise error

    return [function, afunction, generator, agenerator]


@pytest.mark.parametrize("kind", range(4))
@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), MemoryError(), GeneratorExit()]
)
async def test_whatever_is_raised_is_an_outcome(
    stage: Stage, kind: int, error: BaseException
) -> None:
    outcome = await stage.run(raising(error)[kind])
    assert isinstance(outcome, Raised)
    assert outcome.error.type == type(error).__name__


@pytest.mark.parametrize("kind", range(4))
async def test_stop_iteration_is_an_error(stage: Stage, kind: int) -> None:
    outcome = await stage.run(raising(StopIteration())[kind])
    assert isinstance(outcome, Raised)
    assert "StopIteration" in outcome.error.type + outcome.error.message


@pytest.mark.parametrize("kind", range(4))
async def test_cancelled_error_that_nobody_asked_for(stage: Stage, kind: int) -> None:
    outcome = await stage.run(raising(asyncio.CancelledError("mine"))[kind])
    assert isinstance(outcome, Raised)
    assert outcome.error.type == "asyncio.exceptions.CancelledError"


async def test_exit_function(stage: Stage) -> None:
    def leave() -> int:
        sys.exit("enough")

    outcome = await stage.run(leave)
    assert isinstance(outcome, Raised)
    assert (outcome.error.type, outcome.error.message) == ("SystemExit", "enough")


def lying() -> list[Callable[..., Any]]:
    """Return a function of each kind that gives a str where its hint says int."""

    def function() -> int:
        return "5"  # type: ignore[return-value]  # that is the lie

    async def afunction() -> int:
        return "5"  # type: ignore[return-value]  # that is the lie

    def generator() -> Iterator[int]:
        yield "5"  # type: ignore[misc]  # that is the lie

    async def agenerator() -> AsyncIterator[int]:
        yield "5"  # type: ignore[misc]  # that is the lie

    return [function, afunction, generator, agenerator]


@pytest.mark.parametrize("kind", range(4))
async def test_wrong_type_names_port_expected_and_got(stage: Stage, kind: int) -> None:
    outcome = await stage.run(lying()[kind])
    assert isinstance(outcome, Raised)
    assert outcome.error.type == "rekuest.errors.ShrinkError"
    assert "return: expected INT, got STRING '5'" in outcome.error.message
    assert len(outcome.error.message) <= 200


async def test_arguments_that_do_not_fit_run_nothing(stage: Stage) -> None:
    outcome = await stage.run(blur, x="4")
    assert isinstance(outcome, Raised)
    assert outcome.error.type == "rekuest.errors.ExpandError"


async def hang(started: asyncio.Event) -> None:
    started.set()
    await asyncio.Event().wait()


@pytest.mark.parametrize("is_generator", [False, True])
async def test_stop_cancels_async_code_and_waits_for_its_cleanup(
    stage: Stage, is_generator: bool
) -> None:
    started, cleaned = asyncio.Event(), []

    async def function() -> int:
        try:
            await hang(started)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)
        return 1

    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
            await hang(started)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    task = asyncio.create_task(stage.run(generator if is_generator else function))
    await started.wait()
    stage.call.stop()
    assert await task == Stopped()
    assert cleaned == [True]


async def test_stop_before_the_start_runs_nothing(stage: Stage) -> None:
    ran = []

    async def function() -> None:
        ran.append(True)

    task = asyncio.create_task(stage.run(function, stopped=True))
    assert await task == Stopped()
    assert ran == []


async def test_code_that_swallows_the_cancellation_ends_as_it_ends(stage: Stage) -> None:
    started = asyncio.Event()

    async def stubborn() -> str:
        try:
            await hang(started)
        except asyncio.CancelledError:
            return "done anyway"
        return ""

    task = asyncio.create_task(stage.run(stubborn))
    await started.wait()
    stage.call.stop()
    assert await task == Returned({"return": "done anyway"})


async def test_thread_is_not_stopped_before_its_code_has_ended(stage: Stage) -> None:
    started, leave = threading.Event(), threading.Event()

    def block() -> int:
        started.set()
        leave.wait()
        inside.check_cancelled()
        return 1

    task = asyncio.create_task(stage.run(block))
    await asyncio.to_thread(started.wait)
    stage.call.stop()
    await asyncio.sleep(0)
    assert not task.done()
    leave.set()
    assert await task == Stopped()


async def test_thread_that_never_asks_returns_its_result(stage: Stage) -> None:
    started, leave = threading.Event(), threading.Event()

    def block() -> int:
        started.set()
        leave.wait()
        return 1

    task = asyncio.create_task(stage.run(block))
    await asyncio.to_thread(started.wait)
    stage.call.stop()
    leave.set()
    assert await task == Returned({"return": 1})


async def test_stop_closes_a_generator_in_a_thread(stage: Stage) -> None:
    cleaned = []

    def forever() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            cleaned.append(True)

    task = asyncio.create_task(stage.run(forever))
    await stage.given.wait()
    stage.call.stop()
    assert await task == Stopped()
    assert cleaned == [True]


@pytest.mark.parametrize("function", ["thread", "async"])
async def test_the_agents_own_cancellation_passes(stage: Stage, function: str) -> None:
    started, leave = threading.Event(), threading.Event()

    def block() -> int:
        started.set()
        leave.wait()
        return 1

    async def ablock() -> int:
        started.set()
        await asyncio.Event().wait()
        return 1

    task = asyncio.create_task(stage.run(block if function == "thread" else ablock))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    leave.set()


@pytest.mark.parametrize("function", ["thread", "async"])
async def test_reports_come_before_the_outcome(stage: Stage, function: str) -> None:
    def speak() -> None:
        inside.log("hello")
        inside.progress(0.5)

    async def aspeak() -> None:
        speak()

    await stage.run(speak if function == "thread" else aspeak)
    assert [type(report).__name__ for report in stage.reports] == ["LogReport", "ProgressReport"]


class Image:
    """A structure whose expansion is async and whose shrinking is not."""

    expanding = 0  # expansions under way
    most = 0  # the most there ever were

    def __init__(self, id: str) -> None:
        self.id = id

    def shrink(self) -> str:
        if self.id == "bad":
            raise OSError("disk full")
        return self.id

    @classmethod
    async def expand(cls, value: str) -> Image:
        cls.expanding += 1
        cls.most = max(cls.most, cls.expanding)
        await asyncio.sleep(0)
        cls.expanding -= 1
        return cls(value)


async def test_structures_are_expanded_side_by_side(stage: Stage) -> None:
    def join(images: list[Image]) -> Image:
        return Image("+".join(image.id for image in images))

    outcome = await stage.run(join, images=[str(number) for number in range(4)])
    assert outcome == Returned({"return": "0+1+2+3"})
    assert Image.most == 4


async def test_structure_that_cannot_be_shrunk_names_its_port(stage: Stage) -> None:
    def spoil() -> Image:
        return Image("bad")

    outcome = await stage.run(spoil)
    assert isinstance(outcome, Raised)
    assert "OSError: disk full" in outcome.error.message
    assert outcome.error.message.startswith("cannot shrink values of node 'spoil': return:")
