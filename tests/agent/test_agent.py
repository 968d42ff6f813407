"""The agent over a real socket: spawns, runs, stops, reconnects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from rekuest import current_assignation, log, progress
from rekuest.api import enums, wire
from tests.agent.functions import double, hang, rows
from tests.agent.registrar import Provider, Registrar

pytestmark = pytest.mark.anyio


async def test_clause_4_1_provide_grants_credits(registrar: Registrar) -> None:
    async with Provider(registrar, double, rows):
        assert (await registrar.provide("double", "p")).credits == 1
        assert (await registrar.provide("rows", "q")).credits == 16


async def test_unknown_interface_cannot_be_provided(registrar: Registrar) -> None:
    async with Provider(registrar, double):
        registrar.peer.send(wire.Provide(provision="p", interface="blur"))
        assert (await registrar.heard(wire.ProvideFailed)).error.type == "KeyError"


async def test_clause_4_3_assign_is_accepted_and_done(registrar: Registrar) -> None:
    async with Provider(registrar, double):
        await registrar.provide("double")
        registrar.assign("7", x=4)
        assert (await registrar.heard(wire.Accepted)).seq == 1
        done = await registrar.heard(wire.Done)
        assert (done.seq, done.returns) == (2, {"return": 8})


async def test_values_of_a_generator_are_numbered(registrar: Registrar) -> None:
    async with Provider(registrar, rows):
        await registrar.provide("rows")
        registrar.assign("7", n=3)
        values = [await registrar.heard(wire.Yield) for _ in range(3)]
        assert [(value.seq, value.returns) for value in values] == [
            (2, {"return": 0}),
            (3, {"return": 1}),
            (4, {"return": 2}),
        ]
        assert (await registrar.heard(wire.Done)).returns is None


async def test_generator_is_held_back_while_nothing_is_stored(registrar: Registrar) -> None:
    registrar.acknowledges = False
    async with Provider(registrar, rows):
        await registrar.provide("rows")
        registrar.assign("7", n=1000)
        for _ in range(255):
            await registrar.heard(wire.Yield)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(registrar.heard(wire.Yield), 0.05)
        receipt = wire.Receipt(assignation="7", attempt=1, seq=256)
        registrar.peer.send(wire.Acknowledged(receipts=[receipt]))
        assert (await registrar.heard(wire.Yield)).seq == 257


async def test_exception_travels(registrar: Registrar) -> None:
    def fail() -> None:
        raise ValueError("the stage is stuck")

    async with Provider(registrar, fail):
        await registrar.provide("fail")
        registrar.assign("7")
        error = (await registrar.heard(wire.Failed)).error
        assert (error.type, error.message) == ("ValueError", "the stage is stuck")
        assert "raise ValueError" in str(error.traceback)


async def test_failing_call_leaves_the_agent_alive(registrar: Registrar) -> None:
    async def leave() -> None:
        raise SystemExit(1)

    async with Provider(registrar, leave, double):
        await registrar.provide("leave", "p")
        await registrar.provide("double", "q")
        registrar.assign("7", "p")
        assert (await registrar.heard(wire.Failed)).error.type == "SystemExit"
        registrar.assign("8", "q", x=1)
        await registrar.heard(wire.Done)


async def test_function_that_cancels_its_own_task_fails(registrar: Registrar) -> None:
    async def suicide() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.Event().wait()

    async with Provider(registrar, suicide):
        await registrar.provide("suicide")
        registrar.assign("7")
        failed = await registrar.heard(wire.Failed)
        assert failed.error.type == "asyncio.exceptions.CancelledError"


async def test_log_progress_and_identity_inside(registrar: Registrar) -> None:
    def speak() -> str:
        log("careful", "WARNING")
        progress(1, 2, "half")
        current = current_assignation()
        return f"{current.id} {current.caller.user_name} {current.reservation} {current.attempt}"

    async with Provider(registrar, speak):
        await registrar.provide("speak")
        registrar.assign("7", attempt=2)
        line = await registrar.heard(wire.Log)
        assert (line.level, line.message) == (enums.LogLevel.WARNING, "careful")
        assert (await registrar.heard(wire.Progress)).total == 2
        assert (await registrar.heard(wire.Done)).returns == {"return": "7 admin r 2"}


async def test_clause_4_8_cancel(registrar: Registrar) -> None:
    async with Provider(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        registrar.peer.send(wire.Cancel(assignation="7"))
        assert (await registrar.heard(wire.Cancelled)).seq == 2


async def test_clause_4_8_interrupt(registrar: Registrar) -> None:
    async with Provider(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        registrar.peer.send(wire.Interrupt(assignation="7"))
        assert (await registrar.heard(wire.Interrupted)).seq == 2


async def test_cancel_in_the_frame_of_its_assign(registrar: Registrar) -> None:
    async with Provider(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        registrar.peer.send(wire.Cancel(assignation="7"))
        assert (await registrar.heard(wire.Cancelled)).seq == 2


async def test_clause_4_9_pause_without_breakpoint(registrar: Registrar) -> None:
    async with Provider(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        registrar.peer.send(wire.Pause(assignation="7"))
        assert (await registrar.heard(wire.Refused)).code is enums.ErrorCode.CANNOT_PAUSE


async def test_clause_4_1_unprovide_waits_for_the_calls(registrar: Registrar) -> None:
    async with Provider(registrar, hang):
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        registrar.peer.send(wire.Unprovide(provision="p"))
        await registrar.heard(wire.Unprovided)
        await asyncio.wait_for(registrar.heard(wire.Cancelled), 0.1)  # it came before


async def test_clause_1_8_result_over_the_limit_fails_with_a_hint(registrar: Registrar) -> None:
    def large() -> str:
        return "x" * 2_000_000

    async with Provider(registrar, large):
        await registrar.provide("large")
        registrar.assign("7")
        assert "return a structure" in (await registrar.heard(wire.Failed)).error.message


async def test_value_over_the_limit_ends_its_generator(registrar: Registrar) -> None:
    closed = asyncio.Event()

    async def large() -> AsyncIterator[str]:
        try:
            yield "small"
            yield "x" * 2_000_000
            yield "small"
        finally:
            closed.set()

    async with Provider(registrar, large):
        await registrar.provide("large")
        registrar.assign("7")
        assert (await registrar.heard(wire.Failed)).seq == 3
        await asyncio.wait_for(closed.wait(), 5)


async def test_sync_generator(registrar: Registrar) -> None:
    def count(n: int) -> Iterator[int]:
        yield from range(n)

    async with Provider(registrar, count):
        await registrar.provide("count")
        registrar.assign("7", n=500)
        values = [await registrar.heard(wire.Yield) for _ in range(500)]
        assert [value.returns["return"] for value in values] == list(range(500))


async def test_clause_7_1_resumed_session_keeps_its_calls_and_repeats_what_is_not_stored(
    registrar: Registrar,
) -> None:
    leave = asyncio.Event()

    async def wait() -> str:
        log("waiting")
        await leave.wait()
        return "here"

    registrar.acknowledges = False
    async with Provider(registrar, wait):
        await registrar.provide("wait")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        await registrar.heard(wire.Accepted)
        registrar.server.believed = [wire.Receipt(assignation="7", attempt=1, seq=0)]
        await registrar.heard(wire.Declare)
        registrar.peer.cut()
        assert (await registrar.heard(wire.Accepted)).seq == 1
        leave.set()
        assert (await registrar.heard(wire.Done)).returns == {"return": "here"}


async def test_end_leaves_no_task(registrar: Registrar) -> None:
    async with Provider(registrar, hang) as running:
        await registrar.provide("hang")
        registrar.assign("7")
        await registrar.heard(wire.Log)
        running.stop.set()
        await asyncio.wait_for(running.task, 5)
    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
    assert not [name for name in names if name.startswith("Agent.")]
